/**
 * Drafts up to 04: frames without timestamps. Translated at the edge of the
 * session, so that the model knows one form.
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
  /** Bytes there are so far. */
  readonly length: number;
  /** Everything contiguous from `offset`, `undefined` while nothing is there. */
  view(offset: number): Uint8Array | undefined;
  /** Set once nothing more will come. */
  readonly ended: LogEnd | undefined;
  /** Resolves when there may be more. */
  changed(): Promise<void>;
  /** Lets an abort wake the waiters too. */
  wakeOn(signal: AbortSignal): () => void;
}

/** A group as a draft has it: its bytes, and where they may be cut. The group itself is what the newest drafts have. */
export interface GroupBytes {
  /** The bytes. */
  readonly log: ReadableLog;
  /** Whether what is before `offset` could pass for a whole group. */
  looksCompleteAt(offset: number): boolean;
  /** How many frames are complete in the bytes before `offset`. */
  framesBefore(offset: number): number;
}

const translations: WeakMap<GroupProducer, TranslatedGroup> = new WeakMap();

/** `group` as `version` has it: itself, or one translation shared by all older readers. */
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

/** `size, payload` for every frame, translated as far as anybody has read. */
class TranslatedGroup implements GroupBytes, ReadableLog {
  readonly #group: GroupProducer;
  readonly #log = new ByteLog();
  /** Where a frame ends, once its size is known; and the beginning. */
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
    let frames = -1; // the beginning is a boundary too
    for (const boundary of this.#boundaries) if (boundary <= offset) frames++;
    return frames;
  }
}

/** What a received group's bytes are appended to. */
export interface GroupSink {
  /** The next bytes as the peer's draft has them. */
  append(chunk: Uint8Array): void;
  /** The end, with `error` when it is cut. */
  close(error?: MoqError): void;
}

/** Where the bytes of a group received in `version` go: into the group itself, or through a translation that stamps frames on arrival. */
export function groupSink(
  group: GroupProducer,
  version: Version,
  clock: Clock,
): GroupSink {
  return hasTimestamps(version) ? group : new StampingSink(group, clock);
}

/** Turns `size, payload` into stored frames, stamped with local milliseconds. */
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
        `Expected a frame of at most ${MAX_GROUP_BYTES} bytes, got ${size}`,
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
      "Expected the group to end after a frame, it ends inside a size",
    );
    this.#group.close(error ?? cut);
  }
}
