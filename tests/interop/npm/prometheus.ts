/**
 * What of `parse-prometheus-text-format` is used.
 *
 * @module
 */

/** All values of one name. */
export interface PrometheusFamily {
  /** The name. */
  readonly name: string;
  /** One line of words. */
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
  /** Reads a page. */
  parse(text: string): readonly PrometheusFamily[];
}
