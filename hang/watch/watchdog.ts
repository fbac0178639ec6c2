/**
 * Notices that the other end of a session has gone. A browser says so only
 * after the idle timeout, and not at all while a proxy keeps the connection.
 *
 * @module
 */
import {
  asMoqError,
  type Clock,
  deadline,
  MoqError,
  type Session,
  systemClock,
} from "@moq-deno/lite";

const LOOK_MS = 1000;
const SILENT_MS = 1500;
const ANSWER_MS = 2500;
// Nobody has a broadcast of that name; any answer is a sign of life.
const QUESTION_PATH = ".alive";

/** Options of {@linkcode watchSession}. */
export interface WatchdogOptions {
  /** Time. Default the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * Closes `session` with `MoqError("timeout")` when for a second and a half no group has begun to arrive and then a
 * question is not answered. The function returned ends the watch.
 */
export function watchSession(
  session: Session,
  { clock = systemClock }: WatchdogOptions = {},
): () => void {
  const watchdog = new Watchdog(session, clock);
  return () => watchdog.end();
}

class Watchdog {
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  #cancel: () => void;
  #groups = 0;
  #heardMs: number;

  constructor(session: Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    this.#heardMs = clock.now();
    this.#cancel = clock.after(LOOK_MS, () => this.#look());
  }

  end(): void {
    this.#cancel();
    this.#end.abort();
  }

  async #look(): Promise<void> {
    const { receivedGroups } = this.#session.stats;
    if (receivedGroups !== this.#groups) this.#heardMs = this.#clock.now();
    this.#groups = receivedGroups;
    if (this.#clock.now() - this.#heardMs >= SILENT_MS) await this.#ask();
    if (this.#end.signal.aborted) return;
    this.#cancel = this.#clock.after(LOOK_MS, () => this.#look());
  }

  async #ask(): Promise<void> {
    const { signal, clear } = deadline(
      this.#clock,
      ANSWER_MS,
      this.#end.signal,
    );
    try {
      await this.#session.consume(QUESTION_PATH).track("").info(signal);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      if (signal.aborted) return this.#giveUp(error);
      // A refusal is an answer.
    } finally {
      clear();
    }
    this.#heardMs = this.#clock.now();
  }

  #giveUp(cause: unknown): void {
    this.end();
    this.#session.close(
      new MoqError(
        "timeout",
        `Expected an answer within ${ANSWER_MS} ms, got none`,
        { cause: asMoqError(cause) },
      ),
    );
  }
}
