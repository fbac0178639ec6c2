/**
 * A room with people who write: one broadcast per person under one path, found
 * by their announcements. Nothing but a relay is needed, and no media.
 *
 * @module
 */
import {
  BroadcastProducer,
  type Clock,
  joinPath,
  type Logger,
  MoqError,
  type OriginScope,
  systemClock,
} from "@moq-deno/lite";
import {
  asMoqError,
  normalizePath,
  onAbort,
  SILENT,
} from "@moq-deno/lite/internal";
import { CatalogProducer } from "../catalog/producer.ts";
import type { User } from "../catalog/room.ts";
import { running } from "../signals/lasting.ts";
import { effect, Signal } from "../signals/signal.ts";
import { ChatLog } from "./chat_log.ts";
import { ChatWriter, epochOf } from "./chat_writer.ts";
import { ConcurrencyLimit } from "./concurrency_limit.ts";
import {
  type ChatMember,
  type MemberContext,
  MemberFollower,
} from "./member.ts";
import { type ChatMessage, messageText, nameOf } from "./message.ts";
import { ChatReader } from "./chat_reader.ts";

/** Rooms of at most so many people show who types, and names as they change. */
export const CLOSE_MEMBERS = 12;
// Each holds one request at a relay; other makes may take as few as 128 of one client.
const MAX_MEMBERS = 100;
const KEPT_MESSAGES = 2000;
const HISTORY = 50;
const QUESTIONS_AT_A_TIME = 16;

/** Options of {@linkcode ChatRoom}. */
export interface ChatRoomOptions {
  /** Path of the room; its members are below it. */
  readonly room: string;
  /** What is announced, as `Connection.remote.scope()` or that of a session's origin. */
  readonly remote: OriginScope;
  /** Where the own broadcast goes, as `Connection.local.scope()`. Needed to write. */
  readonly local?: OriginScope | undefined;
  /** The own path below the room. Without it one only reads. */
  readonly name?: string | undefined;
  /** Who one is; may be changed later in {@linkcode ChatRoom.user}. */
  readonly user?: User | undefined;
  /** A writer in a broadcast that is published elsewhere at `name`, with media for example. Default a broadcast of its own. */
  readonly writer?: ChatWriter | undefined;
  /** People followed at most; of others only the number is known. Default 100: each is a request at the relay, which takes 1024 of one client (`--quic-max-requests`), others fewer. */
  readonly maxMembers?: number | undefined;
  /** Messages kept at most. Default 2000. */
  readonly maxMessages?: number | undefined;
  /** Messages of each person asked for that were written before. Default 50. */
  readonly history?: number | undefined;
  /** For retries and for the times of messages. Default the system's clock. */
  readonly clock?: Clock | undefined;
  /** When `clock` was 0, in milliseconds since 1970. Default as the system's time says. */
  readonly epochMs?: number | undefined;
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
}

/**
 * In a room until it is closed.
 *
 * ```ts
 * import { ChatRoom } from "@moq-deno/hang/chat";
 * import { Origin } from "@moq-deno/lite";
 * import assert from "node:assert/strict";
 *
 * // Over a relay: { local, remote } = reconnect("https://relay.example").
 * const origin = new Origin();
 * const [local, remote] = [origin.scope(), origin.scope()];
 * const ada = new ChatRoom({ room: "lobby", name: "ada", local, remote });
 * const bob = new ChatRoom({ room: "lobby", name: "bob", local, remote });
 * bob.send("hi");
 *
 * for await (const { name, text } of ada.read(AbortSignal.timeout(5000))) {
 *   assert.equal(`${name}: ${text}`, "bob: hi");
 *   break;
 * }
 * ada.close();
 * bob.close();
 * ```
 */
export class ChatRoom {
  /** Path of the room. */
  readonly room: string;
  /** The own path below the room. */
  readonly name: string | undefined;
  /** Who one is; set it at any time. */
  readonly user: Signal<User | undefined>;
  readonly #options: ChatRoomOptions;
  readonly #writer: ChatWriter | undefined;
  readonly #log: ChatLog;
  readonly #maxMembers: number;
  readonly #context: MemberContext;
  readonly #isClose: Signal<boolean> = new Signal(true);
  readonly #end = new AbortController();
  readonly #followers: Map<string, MemberFollower> = new Map();
  readonly #unfollowed: Set<string> = new Set();
  // Also of those that left: they may come back.
  readonly #readers: Map<string, ChatReader> = new Map();
  readonly #count: Signal<number> = new Signal(0);
  readonly #leave: () => void;

  /** Enters at once; throws `TypeError` for a name without somewhere to publish. */
  constructor(options: ChatRoomOptions) {
    const { clock = systemClock, log = SILENT } = options;
    this.room = normalizePath(options.room);
    this.name = options.name && normalizePath(options.name);
    this.user = new Signal(options.user);
    this.#options = options;
    this.#maxMembers = options.maxMembers ?? MAX_MEMBERS;
    this.#log = new ChatLog(options.maxMessages ?? KEPT_MESSAGES);
    this.#context = {
      log: this.#log,
      questions: new ConcurrencyLimit(QUESTIONS_AT_A_TIME),
      history: options.history ?? HISTORY,
      isClose: this.#isClose,
      clock,
      epochMs: options.epochMs ?? epochOf(clock),
      logger: log,
    };
    this.#writer = options.writer;
    this.#leave = () => {};
    if (this.name && !options.writer) {
      const own = this.#publish(this.name);
      this.#writer = own.writer;
      this.#leave = own.leave;
    }
    const stop = running((signal) => this.#runAnnounced(signal));
    onAbort(this.#end.signal, stop);
  }

  /** The other members by path; watched when it is read in an effect. */
  members(): readonly ChatMember[] {
    this.#count.get();
    return [...this.#followers.values()].map(({ state }) => state.get())
      .sort((a, b) => a.path < b.path ? -1 : 1);
  }

  /** The number of members, including this one and those not followed; watched when it is read in an effect. */
  memberCount(): number {
    this.#count.get();
    const others = this.#followers.size + this.#unfollowed.size;
    return others + (this.name ? 1 : 0);
  }

  /** The messages by time, oldest first; watched when it is read in an effect. */
  messages(): readonly ChatMessage[] {
    this.#log.arrived.get();
    return this.#log.messages();
  }

  /** The present messages by time, then others as they come; a slow reader may miss some. Ends with `signal` and with the room. */
  read(signal?: AbortSignal): AsyncGenerator<ChatMessage, void> {
    const ends = [this.#end.signal, signal].filter((one) => one !== undefined);
    return this.#log.read(AbortSignal.any(ends));
  }

  /** Writes to the room, now or when there is a connection again. Throws as {@linkcode ChatWriter.send}, and `TypeError` in a room that is only read. */
  send(text: string): void {
    const { sequence, payload, timeMs } = this.#own.send(text);
    const path = this.name ?? "";
    const user = this.user.peek();
    this.#log.add({
      id: `${path}/${sequence}/0`,
      path,
      name: nameOf(user?.name, path),
      color: user?.color,
      text: messageText(payload),
      timeMs,
      isOwn: true,
    });
  }

  /** The person has touched a key: others see that for a few seconds. */
  type(): void {
    this.#own.type();
  }

  /** The person types no more, without having sent it. */
  rest(): void {
    this.#own.rest();
  }

  /** Leaves. Idempotent. */
  close(): void {
    this.#end.abort(new MoqError("closed", "Chat room was left"));
    for (const follower of this.#followers.values()) follower.close();
    this.#followers.clear();
    this.#leave();
  }

  get #own(): ChatWriter {
    if (this.#writer) return this.#writer;
    throw new TypeError("Expected a name to write under, got none");
  }

  #publish(
    name: string,
  ): { readonly writer: ChatWriter; readonly leave: () => void } {
    const { local } = this.#options;
    if (!local) {
      throw new TypeError(`Expected an origin to publish ${name} in, got none`);
    }
    const broadcast = new BroadcastProducer();
    const writer = new ChatWriter(broadcast, this.#context);
    const catalog = new CatalogProducer(broadcast);
    const stop = effect(() => {
      const user = this.user.get();
      catalog.update({ ...(user && { user }), chat: writer.section });
    });
    const publication = local.publish(joinPath(this.room, name), broadcast);
    const leave = (): void => {
      stop();
      writer.close();
      publication.close();
      broadcast.close();
    };
    return { writer, leave };
  }

  async #runAnnounced(signal: AbortSignal): Promise<void> {
    const { remote } = this.#options;
    const announced = remote.announced(this.room, { signal });
    for await (const { path, kind } of announced) {
      if (path === "" || path === this.name || kind === "update") continue;
      this.#remove(path);
      if (kind === "start") this.#add(path);
      this.#isClose.set(this.#followers.size <= CLOSE_MEMBERS);
      this.#count.set(this.#count.peek() + 1);
    }
  }

  #remove(path: string): void {
    this.#followers.get(path)?.close();
    this.#followers.delete(path);
    this.#unfollowed.delete(path);
  }

  #add(path: string): void {
    if (this.#followers.size >= this.#maxMembers) {
      this.#unfollowed.add(path);
      return;
    }
    try {
      const broadcast = this.#options.remote.consume(joinPath(this.room, path));
      const follower = new MemberFollower({
        path,
        broadcast,
        reader: this.#readerOf(path),
        context: this.#context,
      });
      this.#followers.set(path, follower);
    } catch (error) {
      // It has gone again; its end is the next event.
      const { message } = asMoqError(error);
      this.#context.logger.debug?.("member gone", { path, error: message });
    }
  }

  #readerOf(path: string): ChatReader {
    const reader = this.#readers.get(path) ?? new ChatReader();
    // The one that was there last is forgotten last.
    this.#readers.delete(path);
    this.#readers.set(path, reader);
    if (this.#readers.size > 2 * this.#maxMembers) {
      const [oldest] = this.#readers.keys();
      this.#readers.delete(oldest!);
    }
    return reader;
  }
}
