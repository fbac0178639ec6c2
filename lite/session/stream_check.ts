/**
 * Whether groups still reach us. Some WebTransport stacks hand out no more
 * streams after some thousands while requests are answered as ever: neither
 * keep-alives nor questions show that.
 *
 * @module
 */
import type { Frame } from "../model/frame.ts";
import { linked, onAbort } from "../signal.ts";
import { sleep } from "../time.ts";
import type { GroupHeader } from "../wire/group.ts";
import { BidiType } from "../wire/stream_type.ts";
import { encodeSubscribe } from "../wire/subscribe.ts";
import { decodeSubscribeResponse } from "../wire/subscribe_response.ts";
import { hasSubscribeOk, hasUntypedOk } from "../wire/version.ts";
import type { MessageReader } from "./streams.ts";
import type { GroupReceiver, PeerRequests } from "./requests.ts";

/** How long a group that was promised may take, in milliseconds. */
export const PROMISED_MS = 1500;

// Ahead of whatever else the peer has for us.
const PRIORITY = 255;

/** One check: subscribes to a track a second time and waits for the group that the answer promises. */
export class StreamCheck implements GroupReceiver {
  readonly #requests: PeerRequests;
  readonly #arrived = Promise.withResolvers<true>();

  /** Use {@linkcode SessionSubscriber.checkStreams}. */
  constructor(requests: PeerRequests) {
    this.#requests = requests;
  }

  /** `false` when a group was promised and did not come; `true` when it came or nothing was promised. Throws `signal.reason`. */
  async run(
    { broadcast, name }: { readonly broadcast: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { version } = this.#requests.context;
    const id = this.#requests.register(this);
    const over = linked(signal);
    try {
      const message = encodeSubscribe({
        id,
        broadcast,
        track: name,
        priority: PRIORITY,
        maxAgeMs: 0,
        startFrame: 0,
      }, version);
      const { reader, end } = await this.#requests.request(
        BidiType.subscribe,
        message,
        signal,
      );
      onAbort(over.signal, end);
      const missing = this.#isPromised(reader).then((isPromised) =>
        isPromised ? this.#isMissing(over.signal) : false
      );
      const isFine = await Promise.race([
        this.#arrived.promise,
        missing.then((isMissing) => !isMissing),
      ]);
      signal.throwIfAborted();
      return isFine;
    } finally {
      over.abort();
      this.#requests.unregister(id);
    }
  }

  /** Whether the peer says that a group comes. A refusal, an end or a track without groups promises nothing. */
  async #isPromised(reader: MessageReader): Promise<boolean> {
    const { version } = this.#requests.context;
    try {
      const type = hasUntypedOk(version) ? 0 : await reader.varint();
      const body = type === undefined ? undefined : await reader.message();
      if (type === undefined || body === undefined) return false;
      const { kind } = decodeSubscribeResponse(type, body, version);
      // OK says nothing of groups, but this track had some, and relays keep the newest.
      return kind === (hasSubscribeOk(version) ? "ok" : "start");
    } catch {
      // Refused, or ended here: either way there is no promise.
      return false;
    }
  }

  async #isMissing(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#requests.context;
    try {
      await sleep(clock, PROMISED_MS, signal);
      return true;
    } catch {
      // The check is over: the group has come, or no one waits for it any more.
      return false;
    }
  }

  /** The group that was promised; only that it comes matters. */
  receive(reader: MessageReader, _header: GroupHeader): Promise<void> {
    this.#arrived.resolve(true);
    reader.cancel();
    return Promise.resolve();
  }

  /** The same as a datagram. */
  receiveDatagram(_sequence: number, _frame: Frame): boolean {
    this.#arrived.resolve(true);
    return true;
  }

  /** The session has ended, which is no fault of its streams. */
  close(): void {
    this.#arrived.resolve(true);
  }
}
