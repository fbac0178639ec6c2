/**
 * The results as a Markdown table.
 *
 * @module
 */
import type { Load } from "./arguments.ts";
import type { Result } from "./measurement.ts";

/** The results of both servers in one round, measured one after the other. */
export interface Round {
  /** Our relay. */
  readonly relay: Result;
  /** The bare fan-out. */
  readonly bare: Result;
}

type Value = (result: Result) => number;

const ROWS: readonly (readonly [label: string, value: Value, unit: string])[] =
  [
    ["CPU per delivered frame", (one) => one.frameMicros, "µs"],
    ["CPU", (one) => one.cores, "cores"],
    ["latency p50", (one) => one.p50Ms, "ms"],
    ["latency p99", (one) => one.p99Ms, "ms"],
    ["memory per viewer", (one) => one.viewerBytes / 1024, "KiB"],
    ["frames delivered", (one) => one.delivered * 100, "%"],
  ];

/** Medians over the rounds; a ratio is the median of the rounds' ratios, with minimum and maximum. */
export function table(rounds: readonly Round[], load: Load): string {
  const { viewers, fps, bytes, seconds } = load;
  const title = `${viewers} viewers, ${fps} fps x ${bytes} B`;
  const lines = [
    `| ${title} | relay | bare fan-out | ratio, ${rounds.length} x ${seconds} s |`,
    "| --- | ---: | ---: | ---: |",
  ];
  for (const [label, value, unit] of ROWS) {
    const relay = median(rounds.map((round) => value(round.relay)));
    const bare = median(rounds.map((round) => value(round.bare)));
    const ratios = rounds.map((round) => value(round.relay) / value(round.bare))
      .sort((a, b) => a - b);
    const spread = `${round2(ratios[0])} to ${round2(ratios.at(-1))}`;
    lines.push(
      `| ${label} | ${round2(relay)} ${unit} | ${round2(bare)} ${unit} | ${
        round2(median(ratios))
      } (${spread}) |`,
    );
  }
  return lines.join("\n");
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1
    ? upper
    : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

function round2(value: number = NaN): string {
  return value.toFixed(Math.abs(value) < 100 ? 2 : 0);
}
