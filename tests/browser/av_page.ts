/// <reference lib="dom" />
/**
 * Runs in a page with `<hang-watch>` elements that play a canvas publisher:
 * reads the numbers in the pictures, and says when each beep was heard and each
 * bright picture seen.
 *
 * @module
 */
import type { HangWatchElement } from "@moq-deno/hang/ui/hang-watch";

const NUMBER_BITS = 16;
const BRIGHT = 150;
const LOUD = 0.1;
const QUIET_SECONDS = 0.3;
const MAX_BEATS = 100;
const MAX_NUMBERS = 1000;

/** A beep and the bright picture that belongs to it, in milliseconds. */
export interface Beat {
  /** Second of the broadcast. */
  readonly second: number;
  /** When it was heard, on the scale of `performance.now()`. */
  readonly heardMs?: number | undefined;
  /** When it was seen. */
  readonly seenMs?: number | undefined;
  /** How long after its picture was due at the publisher it was seen. */
  readonly latencyMs?: number | undefined;
}

const ONSET = `registerProcessor("onset", class extends AudioWorkletProcessor {
  quietSince = -1;
  process([[samples]]) {
    if (!samples) return true;
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]) < ${LOUD}) continue;
      const at = currentTime + i / sampleRate;
      if (at - this.quietSince > ${QUIET_SECONDS}) this.port.postMessage(at);
      this.quietSince = at;
    }
    return true;
  }
})`;

/** Watches one element from now on. */
class Watched {
  readonly #element: HangWatchElement;
  readonly numbers: number[] = [];
  readonly heard: number[] = [];
  readonly seen: { readonly atMs: number; readonly latencyMs: number }[] = [];
  blanks = 0;
  #node: AudioNode | undefined;
  #wasBright = true;

  constructor(element: HangWatchElement) {
    this.#element = element;
    const look = () => {
      this.#look();
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    setInterval(() => this.#listen(), 100);
  }

  /** Median distance in milliseconds from beep to bright picture, and the median latency of the pictures; of the newest `seconds`. */
  summary(seconds: number): Record<string, number> {
    const sinceMs = performance.now() - seconds * 1000;
    const seen = this.seen.filter(({ atMs }) => atMs >= sinceMs);
    const apart = seen.flatMap(({ atMs }) => {
      const near = this.heard.find((ms) => Math.abs(ms - atMs) < 400);
      return near === undefined ? [] : [atMs - near];
    });
    return {
      beats: seen.length,
      pairs: apart.length,
      apartMs: median(apart),
      latencyMs: median(seen.map(({ latencyMs }) => latencyMs)),
    };
  }

  #look(): void {
    const canvas = this.#element.shadowRoot!.querySelector("canvas")!;
    const { width, height } = canvas;
    if (width < 5 || !this.#element.player) return;
    const context = canvas.getContext("2d")!;
    const { data } = context.getImageData(0, 0, width, height);
    const bright = (x: number, y: number) =>
      data[4 * (Math.floor(y * height) * width + Math.floor(x * width))]! >
        BRIGHT;
    let number = 0;
    for (let bit = 0; bit < NUMBER_BITS; bit++) {
      const [column, row] = [bit % 4, Math.floor(bit / 4)];
      if (bright((column + 0.5) / 5, (row + 0.5) / 4)) number |= 1 << bit;
    }
    if (number === 0) this.blanks++;
    if (number !== this.numbers.at(-1)) this.numbers.push(number);
    if (this.numbers.length > MAX_NUMBERS) this.numbers.shift();
    const isBright = bright(0.9, 0.5);
    if (isBright && !this.#wasBright) this.#see();
    this.#wasBright = isBright;
  }

  #see(): void {
    const { player } = this.#element;
    const clock = player?.catalog.peek()?.clock;
    const shown = player?.marks.findLast(({ shownMs }) => shownMs);
    if (!clock || !shown) return;
    const zeroMs = Date.UTC(2020, 0, 1) + clock.wall / 1000;
    const nowMs = performance.timeOrigin + performance.now();
    const second = Math.floor(shown.timestampUs / 1e6);
    const latencyMs = nowMs - zeroMs - second * 1000;
    this.seen.push({ atMs: performance.now(), latencyMs });
    // What is kept must not look as if the player grew.
    if (this.seen.length > MAX_BEATS) this.seen.shift();
    if (this.heard.length > MAX_BEATS) this.heard.shift();
  }

  async #listen(): Promise<void> {
    const node = this.#element.player?.audioNode;
    if (!node || node === this.#node) return;
    this.#node = node;
    const context = node.context as AudioContext;
    const url = URL.createObjectURL(
      new Blob([ONSET], { type: "text/javascript" }),
    );
    await context.audioWorklet.addModule(url);
    URL.revokeObjectURL(url);
    const onset = new AudioWorkletNode(context, "onset");
    onset.port.onmessage = ({ data }: MessageEvent<number>) => {
      const { contextTime = 0, performanceTime = 0 } = context
        .getOutputTimestamp();
      this.heard.push(performanceTime + (data - contextTime) * 1000);
    };
    node.connect(onset);
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round((sorted[sorted.length >> 1] ?? NaN) * 10) / 10;
}

const watched = [...document.querySelectorAll("hang-watch")].map((element) =>
  new Watched(element as HangWatchElement)
);
Object.assign(globalThis, { watched });
