/**
 * A WebSocket over a narrow path, in virtual time: ordered, with a socket buffer
 * in front of the path that the sender cannot see.
 *
 * @module
 */
import type { Clock } from "@moq-deno/lite";
import { Inbox } from "../../lite/transport/inbox.ts";
import type {
  ChannelClose,
  MessageChannelLike,
} from "../../lite/transport/message_channel.ts";

export interface NarrowChannelOptions {
  readonly clock: Clock;
  /** Bandwidth, in bits per second. */
  readonly bandwidthBps: number;
  /** Delay in each direction, in milliseconds. */
  readonly oneWayMs: number;
  /** What the operating system buffers before the runtime notices a slow path, in bytes. */
  readonly socketBytes: number;
}

/** One end. */
export class NarrowChannel implements MessageChannelLike {
  readonly opened: Promise<void> = Promise.resolve();
  readonly messages: Inbox<Uint8Array | string> = new Inbox();
  readonly #options: NarrowChannelOptions;
  readonly #closed = Promise.withResolvers<ChannelClose>();
  #peer: NarrowChannel | undefined;
  #freeAt = 0;

  private constructor(options: NarrowChannelOptions) {
    this.#options = options;
  }

  /** Both ends. */
  static pair(options: NarrowChannelOptions): [NarrowChannel, NarrowChannel] {
    const [near, far] = [
      new NarrowChannel(options),
      new NarrowChannel(options),
    ];
    near.#peer = far;
    far.#peer = near;
    return [near, far];
  }

  get closed(): Promise<ChannelClose> {
    return this.#closed.promise;
  }

  get bufferedAmount(): number {
    const { clock, bandwidthBps, socketBytes } = this.#options;
    const waitingMs = Math.max(0, this.#freeAt - clock.now());
    return Math.max(0, waitingMs * bandwidthBps / 8000 - socketBytes);
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    this.#after(message.byteLength, () => this.#peer!.messages.push(message));
  }

  close(): void {
    this.#end();
    this.#after(0, () => this.#peer!.#end());
  }

  #after(bytes: number, then: () => void): void {
    const { clock, bandwidthBps, oneWayMs } = this.#options;
    const now = clock.now();
    this.#freeAt = Math.max(this.#freeAt, now) + bytes * 8000 / bandwidthBps;
    clock.after(this.#freeAt - now + oneWayMs, then);
  }

  #end(): void {
    this.messages.end();
    this.#closed.resolve({ reason: "The channel ended" });
  }
}
