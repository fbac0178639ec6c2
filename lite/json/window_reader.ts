/**
 * Reader of window mode: every group starts with the whole window, and each
 * record is reported once.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import type { TrackConsumer } from "../model/track.ts";
import type { ConsumeJsonOptions } from "./frame.ts";
import { isJsonObject, type JsonObject } from "./merge_patch.ts";
import {
  followNewest,
  type JsonFrame,
  type JsonFrameReader,
} from "./newest_group.ts";

/** A range of record numbers. */
export interface Span {
  /** The first. */
  readonly start: number;
  /** One after the last. */
  readonly end: number;
}

/** A change of the window. */
export type WindowEvent =
  /** A record was added. */
  | { readonly kind: "push"; readonly index: number; readonly value: unknown }
  /** Records that this reader saw were dropped. */
  | ({ readonly kind: "pop" } & Span)
  /** Records were dropped before this reader saw them. */
  | ({ readonly kind: "skip" } & Span);

/** The current records of the window, then its changes; a group that cannot be read is logged and skipped. */
export function consumeWindow(
  track: TrackConsumer,
  options: ConsumeJsonOptions = {},
): AsyncGenerator<WindowEvent, void> {
  return followNewest(track, new WindowReader(), options);
}

function field(frame: JsonObject, name: string): unknown {
  return Object.hasOwn(frame, name) ? frame[name] : undefined;
}

function refuse(expected: string, value: unknown): MoqError {
  const text = JSON.stringify(value)?.slice(0, 60);
  return new MoqError("decode", `Expected ${expected}, got ${text}`);
}

function countOf(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) {
    return value as number;
  }
  throw refuse(`${what} to be an integer from 0`, value);
}

/** Tracks the numbers in the window and those reported, not the records. */
class WindowReader implements JsonFrameReader<WindowEvent> {
  #front = 0;
  #end = 0;
  #heard: number | undefined;

  *read({ index, value }: JsonFrame): Iterable<WindowEvent> {
    if (!isJsonObject(value)) {
      throw refuse("a frame of a window to be an object", value);
    }
    if (index === 0) yield* this.#restate(value);
    else if (Object.hasOwn(value, "push")) {
      yield* this.#push(field(value, "push"));
    } else if (Object.hasOwn(value, "pop")) {
      yield* this.#pop(countOf(field(value, "pop"), "pop"));
    } else throw refuse("push or pop", value);
  }

  *#restate(frame: JsonObject): Iterable<WindowEvent> {
    const records = field(frame, "records");
    if (!Array.isArray(records)) {
      throw refuse("records to be an array", records);
    }
    const offset = countOf(field(frame, "offset"), "offset");
    // Older records may still be in the window without being repeated.
    const start = countOf(field(frame, "start") ?? offset, "start");
    const end = start + records.length;
    const heard = this.#heard ?? start;
    const isBackwards = offset < this.#front || start < offset || end < heard;
    if (!Number.isSafeInteger(end) || isBackwards) {
      throw refuse(
        `a window from ${this.#front} or later to ${heard} or later`,
        { offset, start, end },
      );
    }
    yield* this.#left(offset, heard);
    if (start > Math.max(heard, offset)) {
      yield { kind: "skip", start: Math.max(heard, offset), end: start };
    }
    this.#front = offset;
    this.#end = end;
    for (let at = Math.max(heard, start); at < end; at++) {
      this.#heard = at + 1;
      yield { kind: "push", index: at, value: records[at - start] };
    }
    this.#heard = Math.max(heard, end);
  }

  *#push(value: unknown): Iterable<WindowEvent> {
    const index = this.#end++;
    this.#heard = index + 1;
    yield { kind: "push", index, value };
  }

  *#pop(count: number): Iterable<WindowEvent> {
    const front = this.#front + count;
    if (front > this.#end) {
      throw refuse(`at most ${this.#end - this.#front} records to pop`, count);
    }
    yield* this.#left(front, this.#heard ?? front);
    this.#front = front;
  }

  /** Reports what is dropped when the window starts at `front`; everything before `heard` was reported. */
  *#left(front: number, heard: number): Iterable<WindowEvent> {
    const popped = Math.min(front, heard);
    if (popped > this.#front && this.#heard !== undefined) {
      yield { kind: "pop", start: this.#front, end: popped };
    }
    if (front > heard) yield { kind: "skip", start: heard, end: front };
  }
}
