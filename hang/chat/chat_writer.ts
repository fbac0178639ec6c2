/**
 * The writing side of a person in a room: messages and whether the person
 * types, as two tracks of a broadcast. hang catalog of 2025, section `chat`.
 *
 * @module
 */
import {
  type BroadcastProducer,
  Cache,
  type Clock,
  GroupProducer,
  MoqError,
  systemClock,
  type TrackProducer,
} from "@moq-deno/lite";
import {
  type Chat,
  SIDE_TRACK_PRIORITY,
  TYPING_TRACK,
} from "../catalog/room.ts";
import { FlowLimit, MESSAGE_RATE } from "./flow_limit.ts";
import { messagePayload } from "./message.ts";

/** Name of the track of messages; each group is one message, its only frame plain text stamped with the time since 1970. */
export const MESSAGE_TRACK = "chat/message.txt";
/**
 * A writer numbers its first message with a multiple of this, made of the
 * second it began, so that one that restarts goes on above the old numbers and
 * readers know where to stop looking for more.
 */
export const FIRST_MESSAGE_MULTIPLE = 1024;

const KEPT_BYTES = 1024 * 1024;
const KEPT_MS = 24 * 3_600_000;
const TYPING_MS = 4000;

/** A message that was written. */
export interface WrittenMessage {
  /** Its number. */
  readonly sequence: number;
  /** As readers get it. */
  readonly payload: Uint8Array;
  /** When, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** Options of {@linkcode ChatWriter}. */
export interface ChatWriterOptions {
  /** For the times of messages. Default the system's clock. */
  readonly clock?: Clock | undefined;
  /** When `clock` was 0, in milliseconds since 1970. Default as the system's time says. */
  readonly epochMs?: number | undefined;
}

/** When `clock` was 0, in milliseconds since 1970. */
export function epochOf(clock: Clock): number {
  return Math.round(Date.now() - clock.now());
}

/** Writes into a broadcast, which stays the caller's. The last MiB of a day's messages is kept for late joiners. */
export class ChatWriter {
  /** For the catalog of the broadcast. */
  readonly section: Chat = {
    message: { name: MESSAGE_TRACK, priority: SIDE_TRACK_PRIORITY.chat },
    typing: { name: TYPING_TRACK, priority: SIDE_TRACK_PRIORITY.typing },
  };
  readonly #clock: Clock;
  readonly #epochMs: number;
  readonly #message: TrackProducer;
  readonly #typing: TrackProducer;
  readonly #kept: Cache;
  readonly #limit: FlowLimit;
  #next: number;
  #isTyping = false;
  #stopTyping: (() => void) | undefined;

  /** Creates the tracks; throws `TypeError` when `broadcast` has them already. */
  constructor(
    broadcast: BroadcastProducer,
    { clock = systemClock, epochMs }: ChatWriterOptions = {},
  ) {
    const { chat, typing } = SIDE_TRACK_PRIORITY;
    this.#clock = clock;
    this.#epochMs = epochMs ?? epochOf(clock);
    this.#message = broadcast.createTrack(MESSAGE_TRACK, {
      priority: chat,
      maxAgeMs: KEPT_MS,
    });
    this.#typing = broadcast.createTrack(TYPING_TRACK, { priority: typing });
    // Its own: what else the broadcast has must not push messages out.
    this.#kept = new Cache({
      capacityBytes: KEPT_BYTES,
      maxAgeMs: KEPT_MS,
      clock,
    });
    this.#limit = new FlowLimit(clock.now());
    this.#next = Math.floor(this.nowMs / 1000) * FIRST_MESSAGE_MULTIPLE;
  }

  /** Milliseconds since 1970, never going back. */
  get nowMs(): number {
    return this.#epochMs + Math.floor(this.#clock.now());
  }

  /**
   * Writes a message; readers without a connection get it once they are back.
   * Throws `RangeError` when there is nothing in it or too much, and
   * `MoqError("lagged")` when readers would take it for a flood.
   */
  send(text: string): WrittenMessage {
    const payload = messagePayload(text);
    if (!this.#limit.take(this.#clock.now())) {
      throw new MoqError(
        "lagged",
        `Expected at most ${MESSAGE_RATE.perSecond} messages per second, got more; wait a moment`,
      );
    }
    const [sequence, timeMs] = [this.#next++, this.nowMs];
    const group = new GroupProducer(sequence, {
      cache: this.#kept,
      maxAgeMs: KEPT_MS,
    });
    group.writeFrame({ timestamp: timeMs, payload });
    group.close();
    this.#message.track.insert(group);
    this.#show(false);
    return { sequence, payload, timeMs };
  }

  /** The person has touched a key: shown to others for a few seconds, or until the message is sent. */
  type(): void {
    this.#show(true);
  }

  /** The person types no more. */
  rest(): void {
    this.#show(false);
  }

  /** Ends the tracks. Idempotent. */
  close(): void {
    this.#stopTyping?.();
    this.#message.close();
    this.#typing.close();
  }

  #show(isTyping: boolean): void {
    this.#stopTyping?.();
    this.#stopTyping = isTyping
      ? this.#clock.after(TYPING_MS, () => this.#show(false))
      : undefined;
    if (isTyping === this.#isTyping) return;
    this.#isTyping = isTyping;
    const payload = Uint8Array.of(Number(isTyping));
    this.#typing.writeFrame({ timestamp: this.nowMs, payload });
  }
}
