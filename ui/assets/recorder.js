// Records the microphone and hands the sound over as a 16 kHz mono WAV, which every reader takes.
window.samesense = window.samesense || {};

samesense.recorder = (() => {
  const RATE = 16000;
  let recorder = null;
  let began = 0;

  async function start() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const pieces = [];
    const tape = new MediaRecorder(stream);
    tape.ondataavailable = (event) => pieces.push(event.data);
    const finished = new Promise((resolve) => {
      tape.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        resolve(new Blob(pieces, { type: tape.mimeType }));
      };
    });
    tape.start();
    recorder = { tape, finished };
    began = Date.now();
  }

  async function stop() {
    const { tape, finished } = recorder;
    recorder = null;
    tape.stop();
    return toWav(await finished);
  }

  async function toWav(blob) {
    const context = new AudioContext();
    const sound = await context.decodeAudioData(await blob.arrayBuffer());
    context.close();
    const length = Math.max(1, Math.ceil(sound.duration * RATE));
    const offline = new OfflineAudioContext(1, length, RATE);
    const source = new AudioBufferSourceNode(offline, { buffer: sound });
    source.connect(offline.destination);
    source.start();
    const samples = (await offline.startRendering()).getChannelData(0);
    return new Blob([header(samples.length), pcm(samples)], { type: "audio/wav" });
  }

  function pcm(samples) {
    const whole = new Int16Array(samples.length);
    samples.forEach((value, i) => (whole[i] = Math.max(-1, Math.min(1, value)) * 32767));
    return whole;
  }

  function header(count) {
    const view = new DataView(new ArrayBuffer(44));
    const word = (at, text) => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
    word(0, "RIFF");
    view.setUint32(4, 36 + 2 * count, true);
    word(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true); // PCM
    view.setUint16(22, 1, true); // channels
    view.setUint32(24, RATE, true);
    view.setUint32(28, 2 * RATE, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    word(36, "data");
    view.setUint32(40, 2 * count, true);
    return view;
  }

  return {
    start,
    stop,
    get active() {
      return recorder !== null;
    },
    get seconds() {
      return recorder ? Math.floor((Date.now() - began) / 1000) : 0;
    },
  };
})();
