/**
 * The broadcasts that a peer has requested. It can request any number of names,
 * so unread ones are removed: at once after a refusal, else when there are many,
 * and when the session ends.
 *
 * @module
 */
import type { Broadcast } from "../model/broadcast.ts";
import type { OriginTable } from "../model/origin_scope.ts";
import type { SendStream } from "../transport/transport.ts";

/** Broadcasts kept without a request in progress. */
const MANY_IDLE = 64;

/** The broadcasts that one peer has requested. */
export class RequestedBroadcasts {
  readonly #byStream: Map<SendStream, Broadcast> = new Map();
  readonly #requests: Map<Broadcast, number> = new Map();
  readonly #origins: Map<Broadcast, OriginTable> = new Map();
  readonly #idle: Set<Broadcast> = new Set();

  /** The request on `stream` is for `broadcast` of `origin`. */
  begin(stream: SendStream, broadcast: Broadcast, origin: OriginTable): void {
    this.#byStream.set(stream, broadcast);
    this.#requests.set(broadcast, (this.#requests.get(broadcast) ?? 0) + 1);
    this.#origins.set(broadcast, origin);
    this.#idle.delete(broadcast);
  }

  /** The request on `stream` has ended; idempotent. */
  end(
    stream: SendStream,
    { isRefused }: { readonly isRefused: boolean },
  ): void {
    const broadcast = this.#byStream.get(stream);
    if (!broadcast) return;
    this.#byStream.delete(stream);
    const left = (this.#requests.get(broadcast) ?? 1) - 1;
    if (left > 0) return void this.#requests.set(broadcast, left);
    this.#requests.delete(broadcast);
    if (isRefused) return this.#forget(broadcast);
    this.#idle.add(broadcast);
    if (this.#idle.size > MANY_IDLE) this.forgetIdle();
  }

  /** Removes broadcasts without requests. */
  forgetIdle(): void {
    for (const broadcast of this.#idle) this.#forget(broadcast);
  }

  #forget(broadcast: Broadcast): void {
    if (!broadcast.isRead) this.#origins.get(broadcast)?.forgetIdle(broadcast);
    this.#origins.delete(broadcast);
    this.#idle.delete(broadcast);
  }
}
