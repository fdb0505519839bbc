// Joins the regions of the page: shows what the server sends, and tells it what the user does.
window.samesense = window.samesense || {};

(() => {
  const { morph, player } = samesense;
  const regions = {};
  let composer = null;

  function region(name, events, { element, trigger, props, upload, watch }) {
    const value = () => props.value || { html: "" };
    const send = (event, data) => trigger(event, { speech: player.enabled(), ...data });
    regions[name] = { element, send, value };
    const show = () => {
      morph(element, value().html);
      if (after[name]) after[name](regions[name], upload, trigger);
    };
    element.addEventListener("click", (event) => clicked(event, regions[name]));
    watch("value", show);
    show();
    if (name === "top") greet(send);
  }

  // What is left to do once a region's HTML is in place.
  const after = {
    top({ value }) {
      if (value().language) document.documentElement.lang = value().language === "zh" ? "zh-CN" : "en";
      showSpeech();
    },
    threads({ value }) {
      if (value().thread === undefined) return;
      const url = new URL(location.href);
      if (value().thread) url.searchParams.set("thread", value().thread);
      else url.searchParams.delete("thread");
      history.replaceState(null, "", url);
    },
    live({ element }) {
      player.read(element);
      announce(element);
      follow(element);
      if (composer) composer.showStop();
    },
    box({ element, value }, upload, trigger) {
      if (!value().html) return;
      composer = composer || samesense.composer({ element, trigger, upload, value });
      composer.answer();
    },
  };

  function greet(send) {
    const asked = new URL(location.href).searchParams;
    const language = asked.get("lang") || navigator.language;
    const thread = asked.get("thread");
    setTimeout(() => send("hello", { language, thread }));
  }

  function clicked(event, { send }) {
    const cite = event.target.closest("a.cite, a.skip");
    if (cite) return jump(event, cite.getAttribute("href").slice(1));
    const act = event.target.closest("[data-act]");
    if (act && acts[act.dataset.act]) return acts[act.dataset.act](act);
    const button = event.target.closest("[data-event]");
    if (!button || (button.dataset.confirm && !confirm(button.dataset.confirm))) return;
    player.wake();
    if (["open", "new"].includes(button.dataset.event)) {
      player.hush();
      toggleThreads(false);
      document.getElementById("message").focus();
    }
    send(button.dataset.event, { id: button.dataset.id || "" });
  }

  const acts = {
    speech: () => {
      player.enable(!player.enabled());
      player.wake();
      showSpeech();
    },
    threads: () => toggleThreads(!document.body.classList.contains("threads-open")),
  };

  function toggleThreads(open) {
    document.body.classList.toggle("threads-open", open);
    const button = document.querySelector("[data-act=threads]");
    if (button) button.setAttribute("aria-expanded", open);
  }

  function showSpeech() {
    const button = document.querySelector("[data-act=speech]");
    if (button) button.setAttribute("aria-checked", player.enabled());
  }

  // Links inside the page: a base address is set, so the browser alone would load the page anew.
  function jump(event, id) {
    event.preventDefault();
    const target = document.getElementById(id);
    if (!target) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    target.focus({ preventScroll: true });
  }

  // With speech off a screen reader gets the answer, block by block, each once it is whole.
  const announced = new Map();
  function announce(element) {
    const exchange = element.querySelector("[data-turn]");
    if (!exchange || player.enabled()) return;
    const { turn, state } = exchange.dataset;
    const blocks = [...exchange.querySelectorAll(".answer :is(p, li, pre, h1, h2, h3, td)")];
    const whole = state === "running" ? blocks.slice(0, -1) : blocks;
    const said = announced.get(turn) || 0;
    if (whole.length <= said) return;
    announced.set(turn, whole.length);
    const line = document.createElement("p");
    line.textContent = whole.slice(said).map((block) => block.textContent).join("\n");
    log().append(line);
  }

  function log() {
    let element = document.getElementById("announcements");
    if (!element) {
      element = document.createElement("div");
      element.id = "announcements";
      element.className = "sr";
      element.setAttribute("role", "log");
      element.setAttribute("aria-live", "polite");
      document.body.append(element);
    }
    return element;
  }

  // Show a new question; after that the reader, not the stream, moves the page.
  let shown = null;
  function follow(element) {
    const exchange = element.querySelector("[data-turn]");
    if (!exchange || exchange.dataset.turn === shown) return;
    shown = exchange.dataset.turn;
    exchange.scrollIntoView({ block: "start" });
  }

  samesense.region = region;
})();
