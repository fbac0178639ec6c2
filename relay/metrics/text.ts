/**
 * Prometheus' text format, version 0.0.4.
 *
 * @module
 */

/** One value. */
export interface Sample {
  /** The value. */
  readonly value: number;
  /** What it is of; names and values are words that need no escapes. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** All values of one name. */
export interface Family {
  /** The name, with its unit, and `_total` where it is a counter. */
  readonly name: string;
  /** Whether it may fall. */
  readonly type: "gauge" | "counter";
  /** One line of words. */
  readonly help: string;
  /** The values, each with other labels. */
  readonly samples: readonly Sample[];
}

/** The media type of {@linkcode textOf}. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A page of metrics. */
export function textOf(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ value, labels }) =>
    `${name}${writtenLabels(labels)} ${value}\n`
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function writtenLabels(labels: Sample["labels"]): string {
  if (!labels) return "";
  const pairs = Object.entries(labels).map(([key, value]) =>
    `${key}="${value}"`
  );
  return `{${pairs.join(",")}}`;
}
