/**
 * The messages of a room by time, as many as are kept.
 *
 * @module
 */
import { Latch } from "@moq-deno/lite/internal";
import { Signal } from "../signals/signal.ts";
import type { ChatMessage } from "./message.ts";

// One member's share, so that no member alone pushes out the others.
const SHARE = 4;

interface Entry {
  readonly message: ChatMessage;
  /** Counts the messages as they came. */
  readonly number: number;
}

/** Keeps the newest messages; a member with more than a quarter of them loses its own oldest first. */
export class ChatLog {
  readonly #capacity: number;
  readonly #entries: Entry[] = [];
  readonly #counts: Map<string, number> = new Map();
  readonly #latch = new Latch();
  /** How many messages came so far; watched when it is read in an effect. */
  readonly arrived: Signal<number> = new Signal(0);

  /** Keeps at most `capacity` messages. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Oldest first. */
  messages(): readonly ChatMessage[] {
    return this.#entries.map(({ message }) => message);
  }

  /** Adds a message at its place by time, behind those of the same time. */
  add(message: ChatMessage): void {
    const number = this.arrived.peek();
    const entry = { message, number };
    const after = this.#entries.findLastIndex(({ message: { timeMs } }) =>
      timeMs <= message.timeMs
    );
    this.#entries.splice(after + 1, 0, entry);
    this.#count(message.path, 1);
    this.#trim(message.path);
    this.arrived.set(number + 1);
    this.#latch.wake();
  }

  /** The present messages by time, then others as they come, without those that a slow reader missed. Ends with `signal`. */
  async *read(signal: AbortSignal): AsyncGenerator<ChatMessage, void> {
    const release = this.#latch.wakeOn(signal);
    let next = 0;
    try {
      while (!signal.aborted) {
        const fresh = this.#entries.filter(({ number }) => number >= next);
        next = this.arrived.peek();
        for (const { message } of fresh) yield message;
        if (next === this.arrived.peek()) await this.#latch.changed();
      }
    } finally {
      release();
    }
  }

  #trim(path: string): void {
    const isOverShare = (this.#counts.get(path) ?? 0) >
      Math.ceil(this.#capacity / SHARE);
    if (isOverShare) this.#removeOldestOf(path);
    if (this.#entries.length <= this.#capacity) return;
    const oldest = this.#entries.shift();
    if (oldest) this.#count(oldest.message.path, -1);
  }

  #removeOldestOf(path: string): void {
    const index = this.#entries.findIndex(({ message }) =>
      message.path === path
    );
    this.#entries.splice(index, 1);
    this.#count(path, -1);
  }

  #count(path: string, by: number): void {
    const count = (this.#counts.get(path) ?? 0) + by;
    if (count > 0) this.#counts.set(path, count);
    else this.#counts.delete(path);
  }
}
