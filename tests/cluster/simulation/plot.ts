/**
 * Plots the share of relays or viewers over time as an SVG.
 *
 * @module
 */

/** One line of the plot. */
export interface Curve {
  /** Its label. */
  readonly name: string;
  /** When each relay or viewer got there, in milliseconds. */
  readonly timesMs: readonly number[];
}

/** A plot. */
export interface Plot {
  /** Title above the plot. */
  readonly title: string;
  /** Label below the plot. */
  readonly axis: string;
  readonly curves: readonly Curve[];
}

const WIDTH = 640;
const HEIGHT = 300;
const LEFT = 50;
const RIGHT = 20;
const TOP = 50;
const BOTTOM = 45;
const COLOURS = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700"];
const STEPS = 5;

/** The plot as an SVG that is also readable on dark pages. */
export function plotSvg({ title, axis, curves }: Plot): string {
  const most = niceCeiling(
    Math.max(...curves.flatMap(({ timesMs }) => timesMs)),
  );
  const x = (ms: number): number => LEFT + (WIDTH - LEFT - RIGHT) * ms / most;
  const y = (share: number): number =>
    HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(title, { x: LEFT, y: 20, size: 14 }),
    text(axis, { x: WIDTH / 2, y: HEIGHT - 8, anchor: "middle" }),
  ];
  for (let i = 0; i <= STEPS; i++) {
    const [ms, share] = [most * i / STEPS, i / STEPS];
    parts.push(
      line(x(ms), y(0), x(ms), y(1)),
      line(x(0), y(share), x(most), y(share)),
      text(`${Math.round(ms)}`, { x: x(ms), y: y(0) + 16, anchor: "middle" }),
      text(`${share * 100} %`, { x: LEFT - 6, y: y(share) + 4, anchor: "end" }),
    );
  }
  for (const [i, { name, timesMs }] of curves.entries()) {
    const colour = COLOURS[i % COLOURS.length]!;
    const sorted = timesMs.toSorted((a, b) => a - b);
    let path = `M${x(0)} ${y(0)}`;
    for (const [n, ms] of sorted.entries()) {
      path += `H${x(ms).toFixed(1)}V${y((n + 1) / sorted.length).toFixed(1)}`;
    }
    path += `H${x(most)}`;
    parts.push(
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      text(name, { x: LEFT + i * 190, y: 38, colour }),
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" role="img"><title>${title}</title>${
    parts.join("")
  }</svg>\n`;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="#d8dee4"/>`;
}

function text(
  words: string,
  { x, y, size = 11, anchor = "start", colour = "#24292f" }: {
    readonly x: number;
    readonly y: number;
    readonly size?: number;
    readonly anchor?: string;
    readonly colour?: string;
  },
): string {
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}">${words}</text>`;
}

function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 3, 4, 5, 6, 8, 10].find((it) => it * power >= value);
  return (factor ?? 10) * power;
}
