/**
 * A simulated connection that can go silent: nothing passes any more, and after
 * the idle timeout both ends see that it is lost.
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

export interface LineOptions {
  readonly clock: Clock;
  /** Propagation delay, in milliseconds. */
  readonly oneWayMs: number;
  /** Idle timeout, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Whether the peer sees a reset as one; not so over Deno's QUIC. */
  readonly reliableReset: boolean;
  /** Counts messages. */
  readonly traffic: Traffic;
}

/** Counts of what passed over lines. */
export interface Traffic {
  /** Messages in answer to a request; announcements only, while there are no subscriptions. */
  answers: number;
}

/** Streams allowed in each direction, as between relays. */
const MANY_STREAMS = 4096;

/** A connection and its two ends. */
export class Line {
  /** The end that dialled. */
  readonly near: Transport;
  /** The other one. */
  readonly far: Transport;
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number;
  readonly #traffic: Traffic;
  readonly #lost = new AbortController();
  #isSilent = false;

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

  /** Goes silent; neither end is notified. Idempotent. */
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
