/**
 * Prometheus' text format, version 0.0.4.
 *
 * @module
 */

/** One value. */
export interface MetricSample {
  readonly value: number;
  /** Labels; names and values need no escaping. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** All samples of one metric. */
export interface Family {
  /** The name, with its unit, and `_total` for counters. */
  readonly name: string;
  readonly type: "gauge" | "counter";
  /** One line of help. */
  readonly help: string;
  /** The samples, which differ in their labels. */
  readonly samples: readonly MetricSample[];
}

/** The media type of {@linkcode textOf}. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Formats a page of metrics. */
export function textOf(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ value, labels }) =>
    `${name}${writtenLabels(labels)} ${value}\n`
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function writtenLabels(labels: MetricSample["labels"]): string {
  if (!labels) return "";
  const pairs = Object.entries(labels).map(([key, value]) =>
    `${key}="${value}"`
  );
  return `{${pairs.join(",")}}`;
}
