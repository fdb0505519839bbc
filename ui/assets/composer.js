// The message box: words, files and a recording, sent together; nothing is lost when refused.
window.samesense = window.samesense || {};

samesense.composer = ({ element, trigger, upload, value }) => {
  const { player, recorder } = samesense;
  const form = element.querySelector("form.box");
  const find = (selector) => form.querySelector(selector);
  const text = find("textarea");
  const chips = find(".chips");
  const picker = find("input[type=file]");
  const mic = find("[data-act=record]");
  const stopButton = find("[data-act=stop]");
  const sendButton = find(".send");
  let number = 0; // of the last message sent
  let sent = null; // { number, text, files } until the server answers
  let recordings = 0;
  let ticking = null;

  const words = (key, values = {}) =>
    Object.entries(values).reduce((s, [k, v]) => s.replace(`{${k}}`, v), value().words[key]);
  const unfinished = "#region-live :is([data-state=waiting], [data-state=running])";
  const inChat = () => samesense.views.current() === "chat"; // the library takes files of its own
  const busy = () => document.querySelector(unfinished) !== null;
  const say = (message) => (find("[data-say]").textContent = message);
  const note = (message) => (find(".box-note").textContent = message);
  const files = samesense.attachments({ list: chips, upload, words, say, note, focus: () => text.focus() });

  function fit() {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, window.innerHeight * 0.4)}px`;
  }

  async function record() {
    if (recorder.active) return endRecording();
    player.hush();
    try {
      await recorder.start();
    } catch {
      return note(words("box.no_microphone"));
    }
    note("");
    showRecording(true);
    say(words("box.recording"));
    ticking = setInterval(showClock, 500);
    showClock();
  }

  async function endRecording() {
    clearInterval(ticking);
    const pending = recorder.stop();
    showRecording(false);
    recordings += 1;
    files.add(new File([await pending], `recording-${recordings}.wav`, { type: "audio/wav" }));
    say(words("box.recorded"));
  }

  function showRecording(on) {
    form.classList.toggle("recording", on);
    mic.setAttribute("aria-pressed", on);
    mic.title = words(on ? "box.record_stop" : "box.record");
    mic.querySelector(".sr").textContent = mic.title;
    if (!on) find(".clock").textContent = "";
  }

  function showClock() {
    const s = recorder.seconds;
    find(".clock").textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  }

  async function send() {
    player.wake();
    if (sent) return;
    if (busy()) return note(words("box.busy"));
    if (recorder.active) await endRecording();
    await files.arrived();
    if (!text.value.trim() && !files.all.length) {
      note(words("box.empty"));
      return text.focus();
    }
    note("");
    number += 1;
    sent = { number, text: text.value, files: files.all };
    sendButton.setAttribute("aria-busy", "true");
    const paths = files.all.map((entry) => entry.path);
    trigger("send", { number, text: text.value, files: paths, speech: player.enabled() });
  }

  // The server has taken the message, or says why not.
  function answer({ accepted, refused, message }) {
    if (message) note(message);
    if (!sent || (accepted !== sent.number && refused !== sent.number)) return;
    if (accepted === sent.number) {
      if (text.value === sent.text) text.value = "";
      sent.files.forEach((entry) => files.forget(entry.file));
      fit();
    }
    sent = null;
    sendButton.removeAttribute("aria-busy");
  }

  function stop() {
    player.hush();
    trigger("stop", {});
    text.focus();
  }

  function showStop() {
    stopButton.hidden = !busy() && !player.speaking;
    stopButton.classList.toggle("calm", !busy()); // only the voice is left to stop
  }

  text.addEventListener("input", fit);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  picker.addEventListener("change", () => {
    [...picker.files].forEach(files.add);
    picker.value = "";
  });
  mic.addEventListener("click", record);
  stopButton.addEventListener("click", stop);
  document.addEventListener("paste", (event) => {
    if (!inChat() || !event.clipboardData.files.length) return;
    event.preventDefault();
    [...event.clipboardData.files].forEach(files.add);
  });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      document.body.classList.add("dropping");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop" || !event.relatedTarget) document.body.classList.remove("dropping");
      if (kind === "drop" && inChat()) [...event.dataTransfer.files].forEach(files.add);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") player.hush();
  });
  player.onchange(showStop);
  return { answer: () => answer(value()), showStop };
};
