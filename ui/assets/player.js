// Speaks the answer sentence by sentence, without gaps, while its text still streams.
window.samesense = window.samesense || {};

samesense.player = (() => {
  let context = null;
  let chain = Promise.resolve(); // sentences are fetched in order
  let endsAt = 0; // when the last scheduled sentence ends, on the context's clock
  let round = 0; // grows when speech is silenced; what was fetched before is dropped
  const taken = new Map(); // turn → how many of its sentences were taken
  const silenced = new Set(); // turns the user did not want to hear to the end
  const sources = new Set();
  const listeners = [];
  let played = 0; // sentences that began to sound

  const enabled = () => localStorage.getItem("samesense.speech") !== "off";
  const tell = () => listeners.forEach((listener) => listener());

  // Browsers let sound begin only after a click or a key: every send calls this.
  function wake() {
    context = context || new AudioContext();
    if (context.state === "suspended") context.resume();
  }

  async function schedule(url, ofRound) {
    const response = await fetch(url);
    if (!response.ok) return;
    const sound = await context.decodeAudioData(await response.arrayBuffer());
    if (ofRound !== round) return;
    const source = new AudioBufferSourceNode(context, { buffer: sound });
    source.connect(context.destination);
    const startsAt = Math.max(context.currentTime + 0.02, endsAt);
    endsAt = startsAt + sound.duration;
    source.onended = () => {
      sources.delete(source);
      tell();
    };
    sources.add(source);
    source.start(startsAt);
    played += 1;
    tell();
  }

  function read(region) {
    const exchange = region.querySelector("[data-turn]");
    if (!exchange || !context) return;
    const turn = exchange.dataset.turn;
    const sentences = [...exchange.querySelectorAll("[data-speech]")];
    const fresh = sentences.slice(taken.get(turn) || 0);
    taken.set(turn, sentences.length);
    if (!enabled() || silenced.has(turn)) return;
    for (const sentence of fresh) {
      const ofRound = round;
      chain = chain.then(() => schedule(sentence.dataset.speech, ofRound)).catch(console.error);
    }
  }

  function hush() {
    round += 1;
    endsAt = 0;
    for (const source of sources) source.stop();
    sources.clear();
    const current = document.querySelector("#region-live [data-turn]");
    if (current) silenced.add(current.dataset.turn);
    tell();
  }

  return {
    enabled,
    wake,
    read,
    hush,
    enable(on) {
      localStorage.setItem("samesense.speech", on ? "on" : "off");
      if (!on) hush();
    },
    onchange: (listener) => listeners.push(listener),
    get speaking() {
      return sources.size > 0;
    },
    get played() {
      return played;
    },
    get clock() {
      return context ? { state: context.state, time: context.currentTime } : null;
    },
  };
})();
