/**
 * The part of `parse-prometheus-text-format` in use.
 *
 * @module
 */

/** All values of one metric. */
export interface PrometheusFamily {
  /** The name. */
  readonly name: string;
  /** One line of help. */
  readonly help: string;
  /** `COUNTER`, `GAUGE` or another. */
  readonly type: string;
  /** The values. */
  readonly metrics: readonly {
    readonly value: string;
    readonly labels?: Readonly<Record<string, string>>;
  }[];
}

/** The package. */
export interface Prometheus {
  /** Parses a page. */
  parse(text: string): readonly PrometheusFamily[];
}
