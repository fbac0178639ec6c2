/**
 * A page that plays a broadcast with the element `moq-watch` from npm, which is in
 * the bundle, and reports what is seen and heard.
 *
 * @module
 */
const element = document.createElement("moq-watch");
const canvas = document.createElement("canvas");
let analyser;

/** Starts to play the broadcast `name` of the relay at `url`. */
globalThis.watch = ({ url, name, webSocket }) => {
  element.connection.websocket = { enabled: webSocket };
  element.setAttribute("url", url);
  element.setAttribute("name", name);
  element.append(canvas);
  document.body.append(element);
};

/** The agreed draft, once connected. */
globalThis.version = () => element.connection.established.peek()?.version;

/** The picture: its size, the number of bright pixels of each colour, and a checksum that tells pictures apart. */
globalThis.picture = () => {
  const { width, height } = canvas;
  if (width < 320) return undefined;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let sum = 0;
  let colourful = 0;
  for (let at = 0; at < data.length; at += 4) {
    const colours = data.subarray(at, at + 3);
    if (Math.max(...colours) - Math.min(...colours) > 128) colourful++;
    sum = (sum * 31 + colours[0] + colours[1] * 3 + colours[2] * 7) % 1e9;
  }
  return colourful === 0 ? undefined : { width, height, colourful, sum };
};

/** The loudest frequency in Hz, once there is sound. */
globalThis.tone = () => {
  const root = element.audio.out.root.peek();
  if (!root) return undefined;
  if (!analyser) {
    analyser = new AnalyserNode(root.context, { fftSize: 16_384 });
    root.connect(analyser);
  }
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const loudest = levels.reduce(
    (best, level, bin) => level > levels[best] ? bin : best,
    0,
  );
  if (levels[loudest] < -60) return undefined;
  return loudest * analyser.context.sampleRate / analyser.fftSize;
};
