/**
 * What the relay says that the path to this page carries, session by session.
 *
 * @module
 */
import type { ConnectionStatus, Logger, Session } from "@moq-deno/lite";
import { asMoqError, type Probe } from "@moq-deno/lite/internal";
import { running } from "../../signals/lasting.ts";

/** Keeps the newest report. */
export class PathProbe {
  readonly #log: Logger;
  #newest: Probe | undefined;

  /** Asks nobody yet. */
  constructor(log: Logger) {
    this.#log = log;
  }

  /** What the session that is up has said last; a rate of 0 is unknown. */
  get newest(): Probe | undefined {
    return this.#newest;
  }

  /** Asks the session that is up, if there is one; the function returned ends that. */
  listen(status: ConnectionStatus): (() => void) | void {
    this.#newest = undefined;
    if (status.state !== "connected") return;
    return running((signal) => this.#run(status.session, signal));
  }

  async #run(session: Session, signal: AbortSignal): Promise<void> {
    try {
      for await (const probe of session.probe(signal)) this.#newest = probe;
    } catch (error) {
      // Without reports the other measures have to do.
      const { message } = asMoqError(error);
      this.#log.debug?.("no reports of the path", { error: message });
    }
  }
}
