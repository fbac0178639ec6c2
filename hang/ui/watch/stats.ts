/**
 * The numbers of `<hang-watch>` over the picture, each with a plot of the last
 * minute.
 *
 * @module
 */
import type { Player } from "../../watch/player.ts";
import type { PlayerStats } from "../../watch/player_stats.ts";
import { part } from "../shared/parts.ts";

const REFRESH_MS = 500;
const SAMPLES = 120;
// Fewer than these do not fill the plot.
const MIN_SAMPLES = 20;
const WIDTH = 120;
const HEIGHT = 22;

interface Plot {
  readonly name: string;
  readonly colour: string;
  /** Top of the plot where nothing is higher. */
  readonly top: number;
  readonly value: (now: PlayerStats, before: PlayerStats) => number;
  readonly text: (now: PlayerStats) => string;
}

const PLOTS: readonly Plot[] = [
  {
    name: "Latency",
    colour: "#ffd166",
    top: 200,
    value: ({ latencyMs = 0 }) => latencyMs,
    text: ({ latencyMs }) =>
      latencyMs === undefined ? "–" : `${Math.round(latencyMs)} ms`,
  },
  {
    name: "Bitrate",
    colour: "#6ea8fe",
    top: 100_000,
    value: ({ bitrateBps }) => bitrateBps,
    text: ({ bitrateBps }) => `${(bitrateBps / 1e6).toFixed(2)} Mbit/s`,
  },
  {
    name: "Buffer",
    colour: "#5cd797",
    top: 200,
    value: ({ bufferedMs }) => bufferedMs,
    text: ({ bufferedMs }) => `${Math.round(bufferedMs)} ms`,
  },
  {
    name: "Drops",
    colour: "#ff8a80",
    top: 5,
    value: (now, before) => lossOf(now) - lossOf(before),
    text: (now) => String(lossOf(now)),
  },
];

/** The overlay. */
export class WatchStats {
  /** To be put into the view. */
  readonly element: HTMLElement = part("div", "stats", {
    role: "group",
    "aria-label": "Statistics",
  });
  readonly #rows: readonly {
    readonly plot: Plot;
    readonly line: SVGPolylineElement;
    readonly output: HTMLOutputElement;
    readonly values: number[];
  }[];
  readonly #line = part("div", "line");
  #player: Player | undefined;
  #before: PlayerStats | undefined;

  /** Empty until it is told something. */
  constructor() {
    this.element.hidden = true;
    this.#rows = PLOTS.map((plot) => {
      const { svg, line } = drawing(plot.colour);
      const name = document.createElement("span");
      name.textContent = plot.name;
      const output = document.createElement("output");
      // Read out twice a second they would be a nuisance.
      output.setAttribute("aria-live", "off");
      this.element.append(name, svg, output);
      return { plot, line, output, values: [] };
    });
    this.element.append(this.#line);
  }

  /** Draws the numbers of a player twice a second; the function returned ends it. */
  follow(player: Player): () => void {
    if (player !== this.#player) this.#clear();
    this.#player = player;
    this.#show(player.stats());
    const timer = setInterval(() => this.#show(player.stats()), REFRESH_MS);
    return () => clearInterval(timer);
  }

  #show(now: PlayerStats): void {
    const before = this.#before ?? now;
    this.#before = now;
    for (const { plot, line, output, values } of this.#rows) {
      values.push(plot.value(now, before));
      if (values.length > SAMPLES) values.shift();
      line.setAttribute("points", pointsOf(values, plot.top));
      output.textContent = plot.text(now);
    }
    this.#line.textContent = summaryOf(now);
  }

  #clear(): void {
    this.#before = undefined;
    for (const { values } of this.#rows) values.length = 0;
  }
}

/** Pictures that were not shown, and groups that were given up. */
function lossOf({ droppedFrames, skippedGroups }: PlayerStats): number {
  return droppedFrames + skippedGroups;
}

function summaryOf(now: PlayerStats): string {
  const { video, audio, framesPerSecond, rttMs, bandwidthBps } = now;
  const size = video?.codedWidth
    ? `${video.codedWidth}×${video.codedHeight} `
    : "";
  const picture = video &&
    `${size}${video.codec} ${Math.round(framesPerSecond)} fps`;
  const path = bandwidthBps > 0
    ? `path ${(bandwidthBps / 1e6).toFixed(1)} Mbit/s`
    : undefined;
  return [
    picture,
    audio && `${audio.codec} ${audio.sampleRate / 1000} kHz`,
    `held ${Math.round(now.holdMs)} ms`,
    `jitter ${Math.round(now.jitterMs)} ms`,
    rttMs !== undefined ? `round trip ${Math.round(rttMs)} ms` : undefined,
    path,
    now.transport,
    now.protocol,
  ].filter((one) => one !== undefined)
    // A number is not torn from its unit.
    .map((one) => one.replaceAll(" ", "\u00a0")).join("\u00a0· ");
}

function drawing(
  colour: string,
): { readonly svg: SVGSVGElement; readonly line: SVGPolylineElement } {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.style.setProperty("--plot", colour);
  const line = document.createElementNS(namespace, "polyline");
  line.setAttribute("vector-effect", "non-scaling-stroke");
  svg.append(line);
  return { svg, line };
}

function pointsOf(values: readonly number[], top: number): string {
  const highest = Math.max(top, ...values);
  const steps = Math.max(MIN_SAMPLES, values.length) - 1;
  return values.map((value, index) => {
    const x = index * WIDTH / steps;
    const y = HEIGHT - 1 - value / highest * (HEIGHT - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  }).join(" ");
}
