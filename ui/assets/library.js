// The library's own scripts: files on their way to it, and the form that tries a search.
window.samesense = window.samesense || {};

(() => {
  const AT_ONCE = 3; // uploads
  const visible = () => samesense.views.current() === "library";
  const speak = (value) => (key, values = {}) =>
    Object.entries(values).reduce((s, [k, v]) => s.replace(`{${k}}`, () => v), value().words[key]);

  // Files of what was dropped, folders included: [{ file, name }], name with its folders.
  async function dropped(items) {
    const entries = [...items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
    const found = [];
    for (const entry of entries) if (entry) await walk(entry, "", found);
    return found;
  }

  async function walk(entry, folder, found) {
    if (folder && entry.name.startsWith(".")) return; // hidden files of folders stay where they are
    const name = folder + entry.name;
    if (entry.isFile) {
      found.push({ file: await new Promise((done, fail) => entry.file(done, fail)), name });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return;
      for (const inner of some) await walk(inner, `${name}/`, found);
    }
  }

  function picked(input) {
    const files = [...input.files].map((file) => ({
      file,
      name: file.webkitRelativePath || file.name,
    }));
    return files.filter(({ name }) => !name.includes("/."));
  }

  function intake({ element, trigger, upload, value }) {
    const words = speak(value);
    const tell = (text) => (element.querySelector(".uploading").textContent = text);
    const note = (text) => (element.querySelector(".drop-note").textContent = text);
    let uploading = 0;

    async function add(files) {
      note("");
      if (!files.length) return note(words("library.nothing"));
      const base = value().base;
      const arrived = [];
      const failed = [];
      const waiting = [...files];
      uploading += 1;
      async function work() {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const done = files.length - waiting.length;
          tell(words("library.uploading", { done, total: files.length, name: next.name }));
          try {
            arrived.push({ path: (await upload(next.file)).path, name: next.name });
          } catch {
            failed.push(next.name);
          }
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      uploading -= 1;
      if (!uploading) tell("");
      trigger("take", { base, files: arrived, failed });
    }

    element.addEventListener("change", (event) => {
      if (!event.target.dataset.pick) return;
      add(picked(event.target));
      event.target.value = "";
    });
    document.addEventListener("drop", async (event) => {
      if (visible() && event.dataTransfer.items.length) add(await dropped(event.dataTransfer.items));
    });
    addEventListener("beforeunload", (event) => {
      if (uploading) event.preventDefault();
    });
  }

  function search({ element, trigger, upload, value }) {
    const { recorder } = samesense;
    const words = speak(value);
    const find = (selector) => element.querySelector(selector);
    const note = (text) => (find(".drop-note").textContent = text);
    const say = (text) => (find("[data-say]").textContent = text);
    const files = samesense.attachments({
      list: find(".chips"), upload, words, say, note, focus: () => find("#try-text").focus(),
    });
    const kind = (entry) => (entry.file.type.startsWith("audio/") ? "audio" : "image");
    let recordings = 0;

    // One picture and one recording: a second of its kind takes the place of the first.
    function add(file) {
      files.all.filter((e) => kind(e) === kind({ file })).forEach((e) => files.forget(e.file));
      files.add(file);
    }

    async function record() {
      const mic = find("[data-act=say]");
      if (recorder.active) {
        const sound = await recorder.stop();
        recordings += 1;
        add(new File([sound], `recording-${recordings}.wav`, { type: "audio/wav" }));
        say(words("box.recorded"));
      } else {
        try {
          await recorder.start();
        } catch {
          return note(words("box.no_microphone"));
        }
        say(words("box.recording"));
      }
      find("form").classList.toggle("recording", recorder.active);
      mic.setAttribute("aria-pressed", recorder.active);
      mic.title = words(recorder.active ? "box.record_stop" : "box.record");
      mic.querySelector(".sr").textContent = mic.title;
    }

    element.addEventListener("click", (event) => {
      if (event.target.closest("[data-act=say]")) record();
    });
    find("input[type=file]").addEventListener("change", ({ target }) => {
      [...target.files].forEach(add);
      target.value = "";
    });
    find("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      if (recorder.active) await record();
      await files.arrived();
      const form = find("form");
      const asked = { text: form.elements.text.value, modality: form.elements.modality.value };
      for (const entry of files.all) {
        asked[kind(entry)] = entry.path;
        asked[`${kind(entry)}_name`] = entry.file.name;
      }
      trigger("search", asked);
    });
    document.addEventListener("paste", (event) => {
      if (!visible() || !event.clipboardData.files.length) return;
      event.preventDefault();
      [...event.clipboardData.files].slice(0, 1).forEach(add);
    });
  }

  samesense.library = { intake, search };
})();
