/**
 * The requesting half of a session, as its parts see it: requests, and the
 * receivers of their groups.
 *
 * @module
 */
import type { MoqError } from "../error.ts";
import type { BroadcastConsumer } from "../model/broadcast.ts";
import type { Frame } from "../model/frame.ts";
import type { GroupConsumer } from "../model/group.ts";
import type { FetchOptions, TrackInfo } from "../model/track.ts";
import type { GroupHeader } from "../wire/group.ts";
import type { SessionContext } from "./context.ts";
import type { FetchTarget } from "./fetches.ts";
import type { OutgoingRequest } from "./request.ts";
import type { MessageReader } from "./streams.ts";

/** Receives the groups of one subscription. */
export interface GroupReceiver {
  /** Receives a group on a stream, after its header; resolves when it has ended. */
  receive(reader: MessageReader, header: GroupHeader): Promise<void>;
  /** Receives a one-frame group; `false` if it is dropped. */
  receiveDatagram(sequence: number, frame: Frame): boolean;
  /** The session has ended. */
  close(error: MoqError): void;
}

/** Sends requests to the peer. */
export interface PeerRequests {
  /** The state shared with the other half. */
  readonly context: SessionContext;
  /** Opens a request stream and writes its first message. Throws `MoqError("timeout")` if the peer allows no stream in time, and `signal.reason`. */
  request(
    type: number,
    message: Uint8Array,
    signal?: AbortSignal,
  ): Promise<OutgoingRequest>;
  /** The peer's broadcast at `path`, announced or not. */
  consume(path: string): BroadcastConsumer;
  /** TRACK. */
  trackInfo(broadcast: string, name: string): Promise<TrackInfo>;
  /** FETCH: resolves once the group has begun to arrive. */
  fetch(target: FetchTarget, options: FetchOptions): Promise<GroupConsumer>;
  /** Registers a receiver and returns its subscription id. */
  register(receiver: GroupReceiver): number;
  /** Removes the receiver of this subscription. */
  unregister(id: number): void;
}
