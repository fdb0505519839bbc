// Files beside a text field: each a chip that can be taken away, uploaded as soon as it is added.
window.samesense = window.samesense || {};

samesense.attachments = ({ list, upload, words, say, note, focus }) => {
  let entries = []; // { file, path, arrived, chip }

  function chipFor(file) {
    const chip = document.createElement("li");
    if (file.type.startsWith("image/")) {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = URL.createObjectURL(file);
      picture.onload = () => URL.revokeObjectURL(picture.src);
      picture.onerror = () => picture.remove();
      chip.append(picture);
    }
    const name = document.createElement("bdi");
    name.textContent = file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", words("box.remove", { name: file.name }));
    remove.onclick = () => {
      forget(file);
      say(words("box.removed", { name: file.name }));
      focus();
    };
    chip.append(name, remove);
    chip.setAttribute("aria-busy", "true");
    list.append(chip);
    return chip;
  }

  function forget(file) {
    entries.filter((entry) => entry.file === file).forEach((entry) => entry.chip.remove());
    entries = entries.filter((entry) => entry.file !== file);
  }

  function add(file) {
    note("");
    const entry = { file, path: null, chip: chipFor(file) };
    say(words("box.uploading", { name: file.name }));
    entry.arrived = upload(file).then(
      ({ path }) => {
        entry.path = path;
        entry.chip.removeAttribute("aria-busy");
        say(words("box.added", { name: file.name }));
      },
      () => {
        forget(file);
        note(words("box.upload_failed", { name: file.name }));
      },
    );
    entries.push(entry);
  }

  return {
    add,
    forget,
    arrived: () => Promise.all(entries.map((entry) => entry.arrived)),
    get all() {
      return [...entries];
    },
  };
};
