/**
 * A logger is four optional functions, so that a disabled level costs nothing:
 * `log.debug?.("group sent", { track, sequence })`.
 *
 * @module
 */

/** Values of a message, under constant names. */
export type LogFields = Record<string, unknown>;

/** One level: a constant message and its variables. */
export type LogFunction = (message: string, fields?: LogFields) => void;

/** Where messages go; an absent function is a disabled level. */
export interface Logger {
  /** Someone must act. */
  readonly error?: LogFunction | undefined;
  /** A peer misbehaved, or service is degraded. */
  readonly warn?: LogFunction | undefined;
  /** Lifecycle of sessions and broadcasts. */
  readonly info?: LogFunction | undefined;
  /** Requests and groups, never frames. */
  readonly debug?: LogFunction | undefined;
}

/** Logs nothing. */
export const SILENT: Logger = {};

/** A logger that adds `fields` to every message. */
export function childLogger(log: Logger, fields: LogFields): Logger {
  const bind = (to: LogFunction | undefined): LogFunction | undefined =>
    to && ((message, more) => to(message, { ...fields, ...more }));
  return {
    error: bind(log.error),
    warn: bind(log.warn),
    info: bind(log.info),
    debug: bind(log.debug),
  };
}
