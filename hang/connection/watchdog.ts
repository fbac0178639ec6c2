/**
 * Notices that a session gives nothing any more. The relay may have gone, which
 * a browser says only after the idle timeout, and not at all while a proxy keeps
 * the connection. Or the browser hands out no more streams although the rest of
 * the session works, as WebKit does after some thousands.
 *
 * @module
 */
import {
  type Clock,
  MoqError,
  type Session,
  systemClock,
} from "@moq-deno/lite";
import { asMoqError, deadline } from "@moq-deno/lite/internal";

const LOOK_MS = 500;
const SILENT_MS = 1500;
const ANSWER_MS = 2500;

/** Options of {@linkcode watchSession}. */
export interface WatchdogOptions {
  /** Default the system's clock. */
  readonly clock?: Clock | undefined;
}

/** A watch over one session. */
export interface Watch {
  /** Whether the session was closed because its streams stopped coming while its relay still answered. */
  readonly lostStreams: boolean;
  /** Ends the watch. Idempotent. */
  end(): void;
}

/**
 * Closes `session` with `MoqError("timeout")` when nothing of any group has come
 * for a second and a half and then a question is not answered, or a group that
 * the relay says it sends does not come.
 */
export function watchSession(
  session: Session,
  { clock = systemClock }: WatchdogOptions = {},
): Watch {
  return new Watchdog(session, clock);
}

class Watchdog implements Watch {
  lostStreams = false;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  #cancel: () => void;
  #groups = 0;
  #bytes = 0;
  // Groups that had come when their streams were last checked: a publisher that pauses is checked once.
  #checkedGroups = 0;
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
    const { receivedGroups, receivedBytes } = this.#session.stats;
    const isSilent = receivedGroups === this.#groups &&
      receivedBytes === this.#bytes;
    if (!isSilent) this.#heardMs = this.#clock.now();
    this.#groups = receivedGroups;
    this.#bytes = receivedBytes;
    if (this.#clock.now() - this.#heardMs >= SILENT_MS) {
      await this.#ask();
      await this.#checkStreams();
    }
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
      await this.#session.ping(signal);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      if (signal.aborted) return this.#giveUp(error);
      return; // The session has ended.
    } finally {
      clear();
    }
    this.#heardMs = this.#clock.now();
  }

  /** Asks for a group again, once in each silence that follows groups. */
  async #checkStreams(): Promise<void> {
    const { signal } = this.#end;
    if (signal.aborted || this.#groups === this.#checkedGroups) return;
    let isFine = true;
    try {
      isFine = await this.#session.checkStreams(signal);
    } catch {
      return; // The watch or the session is over.
    }
    this.#checkedGroups = this.#session.stats.receivedGroups;
    if (isFine || signal.aborted) return;
    this.lostStreams = true;
    this.#close("Expected the group that the relay sends, no stream came");
  }

  #giveUp(cause: unknown): void {
    this.#close(`Expected an answer within ${ANSWER_MS} ms, got none`, cause);
  }

  #close(message: string, cause?: unknown): void {
    this.end();
    const details = cause === undefined ? {} : { cause: asMoqError(cause) };
    this.#session.close(new MoqError("timeout", message, details));
  }
}
