/**
 * GOAWAY, both ways: asking the peer to move, and being asked. moq-lite,
 * "GOAWAY".
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { aborted } from "../signal.ts";
import { deadline } from "../time.ts";
import { decodeGoaway, encodeGoaway } from "../wire/goaway.ts";
import { BidiType } from "../wire/stream_type.ts";
import { hasGoaway } from "../wire/version.ts";
import type { SessionContext } from "./context.ts";
import { CONTROL_ORDER } from "./priority.ts";
import type { IncomingRequest } from "./request.ts";
import { withType } from "./streams.ts";

/** Who of the two has been asked to go. */
export class GoawayExchange {
  readonly #context: SessionContext;
  readonly #asked = Promise.withResolvers<string>();
  #isAsked = false;

  /** Nobody yet. */
  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Resolves when the peer asks us to move, with the URL it names, `""` for "anywhere". */
  get asked(): Promise<string> {
    return this.#asked.promise;
  }

  /** The peer's GOAWAY; throws `MoqError("protocol")` for a second one. */
  async receive({ stream, reader }: IncomingRequest): Promise<void> {
    const { uri } = decodeGoaway(await reader.expectMessage());
    stream.send.close();
    if (this.#isAsked) {
      throw new MoqError("protocol", "Expected one GOAWAY, got a second");
    }
    this.#isAsked = true;
    this.#asked.resolve(uri);
  }

  /** Asks the peer to move to `uri`, and closes the session after `timeoutMs` or when it has gone. */
  async drain(timeoutMs: number, uri: string): Promise<void> {
    const { version, clock, signal, fail } = this.#context;
    const away = new MoqError(
      "going-away",
      "Expected the peer to move in time",
    );
    if (!hasGoaway(version) || timeoutMs <= 0) return fail(away);
    const patience = deadline(clock, timeoutMs, signal);
    try {
      await this.#send(uri, patience.signal);
      await aborted(patience.signal);
    } catch {
      // A peer that cannot be asked any more has gone or is closed just the same.
    } finally {
      patience.clear();
      fail(away);
    }
  }

  async #send(uri: string, signal: AbortSignal): Promise<void> {
    const { transport } = this.#context;
    const sendOrder = CONTROL_ORDER;
    const stream = await transport.openBidi({ sendOrder, signal });
    stream.send.write(withType(BidiType.goaway, encodeGoaway({ uri })));
    stream.send.close();
    stream.receive.stop(0);
  }
}
