/**
 * What the parts of the asking half need of it: requests, and the groups that
 * come for them.
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

/** What gets the groups of one subscription. */
export interface GroupReceiver {
  /** A group on a stream, past its header; resolves when it has ended. */
  receive(reader: MessageReader, header: GroupHeader): Promise<void>;
  /** A group of one frame; `false` when it is of no use. */
  receiveDatagram(sequence: number, frame: Frame): boolean;
  /** The session has ended. */
  close(error: MoqError): void;
}

/** Asks the peer. */
export interface PeerRequests {
  /** What it shares with the other half. */
  readonly context: SessionContext;
  /** Opens a request stream and writes its first message. Throws `MoqError("timeout")` when the peer allows no stream in time, and `signal.reason`. */
  request(
    type: number,
    message: Uint8Array,
    signal?: AbortSignal,
  ): Promise<OutgoingRequest>;
  /** The peer's broadcast at `path`, whether it is announced or not. */
  consume(path: string): BroadcastConsumer;
  /** TRACK. */
  trackInfo(broadcast: string, name: string): Promise<TrackInfo>;
  /** FETCH: resolves once the group has begun to come. */
  fetch(target: FetchTarget, options: FetchOptions): Promise<GroupConsumer>;
  /** Takes an id for a subscription and what comes for it. */
  register(receiver: GroupReceiver): number;
  /** Nothing more is wanted for this subscription. */
  unregister(id: number): void;
}
