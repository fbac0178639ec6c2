/**
 * Drafts up to 04 have frames without timestamps. They are translated here, so
 * that the model knows one format.
 *
 * @module
 */
import { ByteLog, type LogEnd } from "../bytes/byte_log.ts";
import {
  readVarint,
  varintLength,
  varintSize,
  writeVarint,
} from "../bytes/varint.ts";
import { MoqError } from "../error.ts";
import {
  encodeFrameHeader,
  FrameScanner,
  MAX_GROUP_BYTES,
} from "../model/frame.ts";
import type { GroupProducer } from "../model/group.ts";
import type { Clock } from "../time.ts";
import { hasTimestamps, type Version } from "../wire/version.ts";

/** The reading side of a `ByteLog`. */
export interface ReadableLog {
  /** In bytes, so far. */
  readonly length: number;
  /** Everything contiguous from `offset`, `undefined` if there is none yet. */
  view(offset: number): Uint8Array | undefined;
  /** Set once nothing more will come. */
  readonly ended: LogEnd | undefined;
  /** Resolves when there may be more. */
  changed(): Promise<void>;
  /** Makes an abort wake the waiters too. */
  wakeOn(signal: AbortSignal): () => void;
}

/** A group in a draft's format: its bytes, and where they may be cut. The newest drafts use the group itself. */
export interface GroupBytes {
  /** The bytes. */
  readonly log: ReadableLog;
  /** Whether the bytes before `offset` could pass for a whole group. */
  looksCompleteAt(offset: number): boolean;
  /** How many frames are complete in the bytes before `offset`. */
  framesBefore(offset: number): number;
}

const translations: WeakMap<GroupProducer, TranslatedGroup> = new WeakMap();

/** `group` in the format of `version`: itself, or one translation shared by all older readers. */
export function groupBytes(
  group: GroupProducer,
  version: Version,
): GroupBytes {
  if (hasTimestamps(version)) return group;
  const present = translations.get(group);
  if (present) return present;
  const translated = new TranslatedGroup(group);
  translations.set(group, translated);
  return translated;
}

/** `size, payload` for every frame, translated as far as it was read. */
class TranslatedGroup implements GroupBytes, ReadableLog {
  readonly #group: GroupProducer;
  readonly #log = new ByteLog();
  /** The end of each frame whose size is known, and 0. */
  readonly #boundaries = new Set<number>([0]);
  readonly #scanner: FrameScanner;
  #at = 0;

  constructor(group: GroupProducer) {
    this.#group = group;
    this.#scanner = new FrameScanner({
      frame: (_timestamp, size) => {
        const header = new Uint8Array(varintSize(size));
        writeVarint(header, 0, size);
        this.#log.append(header);
        this.#boundaries.add(this.#log.length + size);
      },
      payload: (bytes) => this.#log.append(bytes),
    });
  }

  get log(): ReadableLog {
    return this;
  }

  get length(): number {
    this.#translate();
    return this.#log.length;
  }

  view(offset: number): Uint8Array | undefined {
    this.#translate();
    return this.#group.retired ? undefined : this.#log.view(offset);
  }

  #translate(): void {
    for (let run; (run = this.#group.log.view(this.#at));) {
      this.#at += run.byteLength;
      this.#scanner.push(run);
      this.#group.account(run.byteLength);
    }
    if (this.#group.retired) this.#log.discard(this.#group.retired);
  }

  get ended(): LogEnd | undefined {
    return this.#group.log.ended;
  }

  changed(): Promise<void> {
    return this.#group.log.changed();
  }

  wakeOn(signal: AbortSignal): () => void {
    return this.#group.log.wakeOn(signal);
  }

  looksCompleteAt(offset: number): boolean {
    return this.#boundaries.has(offset);
  }

  framesBefore(offset: number): number {
    let frames = -1; // 0 is a boundary too
    for (const boundary of this.#boundaries) if (boundary <= offset) frames++;
    return frames;
  }
}

/** Receives a group's bytes. */
export interface GroupSink {
  /** Appends bytes in the format of the peer's draft. */
  append(chunk: Uint8Array): void;
  /** Ends the group, with `error` if it was cut. */
  close(error?: MoqError): void;
}

/** The sink for a group received in `version`: the group itself, or a translation that timestamps frames on arrival. */
export function groupSink(
  group: GroupProducer,
  version: Version,
  clock: Clock,
): GroupSink {
  return hasTimestamps(version) ? group : new StampingSink(group, clock);
}

/** Converts `size, payload` to stored frames with timestamps in local milliseconds. */
class StampingSink implements GroupSink {
  readonly #group: GroupProducer;
  readonly #clock: Clock;
  readonly #head = new Uint8Array(8);
  #headLength = 0;
  #payloadLeft = 0;
  #previous = 0;

  constructor(group: GroupProducer, clock: Clock) {
    this.#group = group;
    this.#clock = clock;
  }

  append(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.byteLength;) {
      if (this.#payloadLeft > 0) {
        const take = Math.min(this.#payloadLeft, chunk.byteLength - from);
        this.#group.append(chunk.subarray(from, from + take));
        this.#payloadLeft -= take;
        from += take;
      } else {
        this.#head[this.#headLength++] = chunk[from++]!;
        if (this.#headLength === varintLength(this.#head[0]!)) this.#begin();
      }
    }
  }

  #begin(): void {
    const size = readVarint(this.#head, 0);
    if (size > MAX_GROUP_BYTES) {
      throw new MoqError(
        "too-large",
        `Frame of ${size} bytes exceeds the limit of ${MAX_GROUP_BYTES}`,
      );
    }
    const now = Math.round(this.#clock.now());
    this.#headLength = 0;
    this.#payloadLeft = size;
    this.#group.append(encodeFrameHeader(now, this.#previous, size));
    this.#previous = now;
  }

  close(error?: MoqError): void {
    const cut = this.#headLength === 0 ? undefined : new MoqError(
      "decode",
      "Group ends inside the size of a frame",
    );
    this.#group.close(error ?? cut);
  }
}
