// Joins the regions of the page: shows what the server sends, and tells it what the user does.
window.samesense = window.samesense || {};

(() => {
  const { morph, player, views } = samesense;
  const regions = {};
  let composer = null;
  const library = {}; // its scripts, once they run
  let greeted = false;
  let turning = false; // another list or file was asked for

  function region(name, events, { element, trigger, props, upload, watch }) {
    let latest = { html: "" };
    const value = () => latest;
    const send = (event, data) => trigger(event, { speech: player.enabled(), ...data });
    regions[name] = { element, send, value };
    const show = () => {
      const fresh = props.value || latest;
      if (fresh.since === latest.since && fresh.number < latest.number) return; // was overtaken
      latest = fresh;
      const focused = element.contains(document.activeElement);
      morph(element, value().html);
      if (focused && document.activeElement === document.body) focusHeading(element);
      if (after[name]) after[name](regions[name], upload, trigger);
    };
    element.addEventListener("click", (event) => clicked(event, regions[name]));
    element.addEventListener("submit", (event) => submitted(event, regions[name]));
    element.addEventListener("change", (event) => changed(event, regions[name]));
    element.addEventListener("input", (event) => sifted(event, regions[name]));
    watch("value", show);
    show();
    if (name === "top") greet(send);
  }

  // What is left to do once a region's HTML is in place.
  const after = {
    top({ value }) {
      showSpeech();
      if (!value().language || greeted) return;
      greeted = true;
      document.documentElement.lang = value().language === "zh" ? "zh-CN" : "en";
      views.show();
    },
    intake({ element, value }, upload, trigger) {
      if (!value().html) return;
      library.intake = library.intake || samesense.library.intake({ element, trigger, upload, value }) || true;
      const select = element.querySelector("[data-change=choose]");
      if (select.value !== value().base) select.value = value().base;
      if (localStorage.getItem("samesense.library") === value().base) return;
      localStorage.setItem("samesense.library", value().base);
      element.querySelector("details.make").open = false;
      element.querySelector("details.make form").reset();
    },
    search({ element, value }, upload, trigger) {
      if (!value().html) return;
      library.search = library.search || samesense.library.search({ element, trigger, upload, value }) || true;
    },
    shelf({ element, value }) {
      if (!turning || !value().html) return;
      turning = false;
      focusHeading(element);
      element.querySelector(".shelf").scrollIntoView({ block: "start" });
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
      const select = element.querySelector("[data-change=consult]");
      if (select && value().knowledge) select.value = value().knowledge;
    },
  };

  // The library is asked for once the page is greeted, and whenever one turns to it.
  views.onchange((view) => {
    const knowledge = localStorage.getItem("samesense.library");
    if (view === "library" && greeted) regions.intake.send("enter", { knowledge });
  });

  function greet(send) {
    const asked = new URL(location.href).searchParams;
    const language = asked.get("lang") || navigator.language;
    const thread = asked.get("thread");
    const knowledge = localStorage.getItem("samesense.knowledge");
    setTimeout(() => send("hello", { language, thread, knowledge }));
  }

  function clicked(event, { send }) {
    const cite = event.target.closest("a.cite, a.skip, .proof a");
    if (cite) return jump(event, cite.getAttribute("href").slice(1));
    const link = event.target.closest("a[data-view]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      return views.go(link.dataset.view);
    }
    if (event.target.matches("dialog[open]")) return event.target.close(); // beside its content
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
    turning = ["show", "close", "turn", "leaf"].includes(button.dataset.event);
    send(button.dataset.event, { id: button.dataset.id || "" });
  }

  function submitted(event, { send }) {
    const { submit, sift } = event.target.dataset;
    if (submit || sift) event.preventDefault();
    if (submit) send(submit, Object.fromEntries(new FormData(event.target)));
  }

  function changed(event, { send }) {
    const name = event.target.dataset.change;
    if (name === "consult") localStorage.setItem("samesense.knowledge", event.target.value);
    if (name) send(name, { id: event.target.value });
  }

  // A filter follows what is typed, a little later.
  let sifting = null;
  function sifted(event, { send }) {
    const form = event.target.closest("form[data-sift]");
    if (!form) return;
    clearTimeout(sifting);
    const wait = event.target.tagName === "SELECT" ? 0 : 250;
    sifting = setTimeout(() => send(form.dataset.sift, Object.fromEntries(new FormData(form))), wait);
  }

  // What had the focus is gone: go on from the heading above it.
  function focusHeading(element) {
    const heading = element.querySelector(":is(h2, h3)[tabindex]");
    if (heading) heading.focus({ preventScroll: true });
  }

  const acts = {
    speech: () => {
      player.enable(!player.enabled());
      player.wake();
      showSpeech();
    },
    look: ({ dataset }) => document.getElementById(dataset.target).showModal(),
    unlook: (button) => button.closest("dialog").close(),
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
