/**
 * A connection that can go silent: from then on nothing passes, and after the
 * idle timeout both ends know that it is lost.
 *
 * @module
 */
import type { Clock } from "@moq-deno/lite";
import { simulatedPair } from "@moq-deno/lite/testing";
import type {
  BidiStream,
  OpenOptions,
  SendStream,
  Transport,
} from "@moq-deno/lite/transport";

/** What a line is like. */
export interface LineOptions {
  /** Virtual time. */
  readonly clock: Clock;
  /** Propagation delay, in milliseconds. */
  readonly oneWayMs: number;
  /** Silence after which it counts as lost, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Whether a reset is one for the peer: not over Deno's QUIC. */
  readonly reliableReset: boolean;
  /** Counts what passes. */
  readonly traffic: Traffic;
}

/** What passed over lines. */
export interface Traffic {
  /** Messages that answered a request: announcements, as long as nobody subscribes. */
  answers: number;
}

/** Streams in each direction, as between relays. */
const MANY_STREAMS = 4096;

/** A connection and its two ends. */
export class Line {
  /** The end of whoever dialled. */
  readonly near: Transport;
  /** The other one. */
  readonly far: Transport;
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number;
  readonly #traffic: Traffic;
  readonly #lost = new AbortController();
  #isSilent = false;

  /** Connects them. */
  constructor(options: LineOptions) {
    const { clock, oneWayMs, idleTimeoutMs, reliableReset } = options;
    this.#clock = clock;
    this.#traffic = options.traffic;
    this.#idleTimeoutMs = idleTimeoutMs;
    const [near, far] = simulatedPair({
      clock,
      oneWayMs,
      protocol: "moq-lite-06",
      reliableReset,
      maxBidiStreams: MANY_STREAMS,
      maxUniStreams: MANY_STREAMS,
      signal: this.#lost.signal,
    });
    this.near = this.#wrap(near);
    this.far = this.#wrap(far);
  }

  /** Nothing passes any more, without a word to either end. Idempotent. */
  cut(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#clock.after(this.#idleTimeoutMs, () => this.#lost.abort());
  }

  #wrap(transport: Transport): Transport {
    const { protocol, reliableReset, closed, incomingUni, incomingBidi } =
      transport;
    return {
      protocol,
      reliableReset,
      closed,
      incomingUni,
      incomingBidi: this.#wrapIncoming(incomingBidi),
      openUni: async (options) => this.#mute(await transport.openUni(options)),
      openBidi: async (options?: OpenOptions) =>
        this.#wrapBidi(await transport.openBidi(options)),
      close: (code, reason) => {
        if (this.#isSilent) this.#lost.abort();
        else transport.close(code, reason);
      },
    };
  }

  async *#wrapIncoming(
    incoming: AsyncIterable<BidiStream>,
  ): AsyncGenerator<BidiStream, void> {
    for await (const { send, receive } of incoming) {
      yield { send: this.#counted(this.#mute(send)), receive };
    }
  }

  #wrapBidi({ send, receive }: BidiStream): BidiStream {
    return { send: this.#mute(send), receive };
  }

  #counted(stream: SendStream): SendStream {
    return {
      ...stream,
      write: (chunk) => {
        this.#traffic.answers++;
        stream.write(chunk);
      },
    };
  }

  #mute(stream: SendStream): SendStream {
    const unlessSilent = (act: () => void): void => {
      if (!this.#isSilent) act();
    };
    return {
      stopped: stream.stopped,
      ready: (signal) => stream.ready(signal),
      write: (chunk) => unlessSilent(() => stream.write(chunk)),
      close: () => unlessSilent(() => stream.close()),
      reset: (code) => unlessSilent(() => stream.reset(code)),
    };
  }
}
