/**
 * One person in a room, followed while there: who it is, what is written, and
 * whether more is being typed.
 *
 * @module
 */
import {
  type BroadcastConsumer,
  type Clock,
  type Logger,
  MoqError,
  sleep,
} from "@moq-deno/lite";
import { asMoqError, deadline } from "@moq-deno/lite/internal";
import type { Catalog } from "../catalog/catalog.ts";
import { consumeCatalog } from "../catalog/consumer.ts";
import { SIDE_TRACK_PRIORITY } from "../catalog/room.ts";
import { running } from "../signals/lasting.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";
import type { ChatLog } from "./chat_log.ts";
import { FlowLimit, MESSAGE_RATE } from "./flow_limit.ts";
import type { ConcurrencyLimit } from "./concurrency_limit.ts";
import { colorOf, messageText, nameOf } from "./message.ts";
import type { ChatReader, ReceivedMessage } from "./chat_reader.ts";

const RETRY_MS = 5000;
const FLOOD_PAUSE_MS = 30_000;
const FLOOD_CODES: readonly string[] = ["lagged", "too-large"];
const CATALOG_TIMEOUT_MS = 10_000;
const QUESTION_MS = 250;
const SECOND_MS = 1000;
// Broken clocks apart, nothing was written before there was MoQ.
const YEAR_2020_MS = 1_577_836_800_000;

/** A person in a room. */
export interface ChatMember {
  /** The path below the room. */
  readonly path: string;
  /** For people: one line of bounded length. */
  readonly name: string;
  /** A CSS colour, if the person has one. */
  readonly color: string | undefined;
  /** Whether there is something to read of the person. */
  readonly canWrite: boolean;
  /** Whether the person types. */
  readonly isTyping: boolean;
  /** What keeps the person's messages from being read. */
  readonly problem: string | undefined;
}

/** What members of a room share. */
export interface MemberContext {
  /** Where messages go. */
  readonly log: ChatLog;
  /** Bounds how many catalogs are asked for at a time. */
  readonly questions: ConcurrencyLimit;
  /** Most messages to ask for that were missed. */
  readonly history: number;
  /** Whether names are followed as they change, and who types. */
  readonly isClose: ReadonlySignal<boolean>;
  readonly clock: Clock;
  /** `clock` at 1970, in milliseconds. */
  readonly epochMs: number;
  /** Where failures go. */
  readonly logger: Logger;
}

/** Options of {@linkcode MemberFollower}. */
interface MemberOptions {
  /** The path below the room. */
  readonly path: string;
  /** The person's broadcast. */
  readonly broadcast: BroadcastConsumer;
  /** What was read before the person was last away. */
  readonly reader: ChatReader;
  /** What it shares with the others. */
  readonly context: MemberContext;
}

/** Follows one person until it is closed; problems show in `state` and do not affect others. */
export class MemberFollower {
  readonly #options: MemberOptions;
  readonly #state: Signal<ChatMember>;
  readonly #chat: {
    readonly message: Signal<string | undefined>;
    readonly typing: Signal<string | undefined>;
  } = { message: new Signal(undefined), typing: new Signal(undefined) };
  readonly #wantsCatalog: Signal<boolean> = new Signal(true);
  readonly #stops: readonly (() => void)[];

  /** Begins at once. */
  constructor(options: MemberOptions) {
    const { path } = options;
    this.#options = options;
    this.#state = new Signal<ChatMember>({
      path,
      name: nameOf(undefined, path),
      color: undefined,
      canWrite: false,
      isTyping: false,
      problem: undefined,
    });
    this.#stops = [
      effect(() => this.#decide()),
      effect(() => this.#follow()),
      effect(() => this.#read()),
      effect(() => this.#watchTyping()),
    ];
  }

  /** The person as known. */
  get state(): ReadonlySignal<ChatMember> {
    return this.#state;
  }

  /** Follows no more. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  #change(changes: Partial<ChatMember>): void {
    this.#state.set({ ...this.#state.peek(), ...changes });
  }

  /** In a large room a catalog is read until it says where messages are. */
  #decide(): void {
    const { isClose } = this.#options.context;
    const isKnown = this.#chat.message.get() !== undefined;
    this.#wantsCatalog.set(isClose.get() || !isKnown);
  }

  #follow(): (() => void) | void {
    if (!this.#wantsCatalog.get()) return;
    return running((signal) =>
      this.#retrying(() => this.#followCatalog(signal), signal)
    );
  }

  #read(): (() => void) | void {
    const track = this.#chat.message.get();
    this.#change({ canWrite: track !== undefined, problem: undefined });
    if (track === undefined) return;
    return running((signal) =>
      this.#retrying(() => this.#readMessages(track, signal), signal)
    );
  }

  #watchTyping(): (() => void) | void {
    const track = this.#chat.typing.get();
    if (track === undefined || !this.#options.context.isClose.get()) return;
    return running((signal) => this.#runTyping(track, signal));
  }

  /** Again and again, with a pause that is longer after a flood. Throws the reason of `signal`. */
  async #retrying(
    work: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options.context;
    for (;;) {
      let pauseMs = RETRY_MS;
      try {
        await work();
      } catch (error) {
        signal.throwIfAborted();
        const known = asMoqError(error);
        if (FLOOD_CODES.includes(known.code)) pauseMs = FLOOD_PAUSE_MS;
        this.#note(known);
      }
      await sleep(clock, pauseMs, signal);
    }
  }

  async #followCatalog(signal: AbortSignal): Promise<void> {
    const { broadcast, context: { questions, clock } } = this.#options;
    const leave = await questions.enter(signal);
    // One that does not answer does not block the others.
    const goOn = clock.after(QUESTION_MS, leave);
    // Only the first is waited for: the next comes when something changes.
    const first = deadline(clock, CATALOG_TIMEOUT_MS);
    const either = AbortSignal.any([signal, first.signal]);
    try {
      const catalogs = consumeCatalog(broadcast, {
        signal: either,
        clock,
      });
      for await (const catalog of catalogs) {
        first.clear();
        goOn();
        leave();
        this.#meet(catalog);
      }
    } finally {
      first.clear();
      goOn();
      leave();
    }
  }

  #meet({ user, chat }: Catalog): void {
    const name = nameOf(user?.name, this.#options.path);
    this.#change({ name, color: colorOf(user?.color) });
    this.#chat.message.set(chat?.message?.name);
    this.#chat.typing.set(chat?.typing?.name);
  }

  async #readMessages(track: string, signal: AbortSignal): Promise<void> {
    const { broadcast, reader, context } = this.#options;
    const { clock, history } = context;
    const limit = new FlowLimit(clock.now(), history);
    const messages = broadcast.track(track);
    const options = { clock, history, signal };
    for await (const message of reader.read(messages, options)) {
      this.#receive(message, limit);
    }
  }

  #receive(message: ReceivedMessage, limit: FlowLimit): void {
    const { clock, epochMs, log } = this.#options.context;
    const nowMs = clock.now();
    if (!limit.take(nowMs)) {
      throw new MoqError(
        "lagged",
        `Expected at most ${MESSAGE_RATE.perSecond} messages per second, got more; not read for ${
          FLOOD_PAUSE_MS / SECOND_MS
        } s`,
      );
    }
    const text = messageText(message.payload);
    if (text === "") return;
    const { path, name, color } = this.#state.peek();
    const { sequence, index, timestamp } = message;
    const nowEpochMs = Math.floor(epochMs + nowMs);
    const isPlausible = timestamp > YEAR_2020_MS && timestamp <= nowEpochMs;
    log.add({
      id: `${path}/${sequence}/${index}`,
      path,
      name,
      color,
      text,
      timeMs: isPlausible ? timestamp : nowEpochMs,
      isOwn: false,
    });
    this.#change({ problem: undefined });
  }

  async #runTyping(track: string, signal: AbortSignal): Promise<void> {
    const { broadcast } = this.#options;
    const priority = SIDE_TRACK_PRIORITY.typing;
    try {
      const subscription = broadcast.track(track).subscribe({
        priority,
        signal,
      });
      for await (const group of subscription) {
        for await (const { payload } of group.frames(signal)) {
          this.#change({ isTyping: payload[0] === 1 });
        }
      }
    } catch (error) {
      if (!signal.aborted) this.#note(asMoqError(error), "debug");
    }
    this.#change({ isTyping: false });
  }

  #note(error: MoqError, level: "debug" | "warn" = "warn"): void {
    const { path, context: { logger } } = this.#options;
    logger[level]?.("member not readable", { path, error: error.message });
    if (level === "warn") this.#change({ problem: error.message });
  }
}
