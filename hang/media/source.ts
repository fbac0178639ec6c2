/**
 * Where the bytes of a media file come from.
 *
 * @module
 */
import {
  BlobSource,
  BufferSource,
  CustomSource,
  ReadableStreamSource,
  type Source,
} from "mediabunny";
import { abortable, joinBytes } from "@moq-deno/lite/internal";

/** Bytes that can be read at any place, so that a large file is never in memory as a whole. */
export interface RandomAccess {
  /** Bytes in all. */
  readonly size: number;
  /** The bytes from `start` up to `end`, which is at most `size`. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** What media can be opened from. A stream is read once, from the beginning to the end. */
export type MediaSource =
  | Blob
  | Uint8Array
  | RandomAccess
  | ReadableStream<Uint8Array>;

/** Keeps a failure that came between reads, for the next read. */
export class SourceFailure {
  #error: unknown;
  #hasFailed = false;

  /** Event sink for the source. */
  readonly note = (error: unknown): void => {
    this.#error = error;
    this.#hasFailed = true;
  };

  /** Throws what was noted. */
  check(): void {
    if (this.#hasFailed) throw this.#error;
  }
}

/** A window on `source`, `undefined` for a stream, which has none. */
export function randomAccessOf(source: MediaSource): RandomAccess | undefined {
  if (source instanceof ReadableStream) return undefined;
  if (source instanceof Uint8Array) {
    return {
      size: source.byteLength,
      read: (start, end) => Promise.resolve(source.subarray(start, end)),
    };
  }
  if (source instanceof Blob) {
    return {
      size: source.size,
      read: async (start, end) =>
        new Uint8Array(await source.slice(start, end).arrayBuffer()),
    };
  }
  return source;
}

/** `source` as mediabunny wants it. */
export function inputSource(
  source: MediaSource,
  failure: SourceFailure,
): Source {
  const options = { handleUnhandledError: failure.note };
  if (source instanceof ReadableStream) {
    return new ReadableStreamSource(source, options);
  }
  if (source instanceof Uint8Array) return new BufferSource(source);
  if (source instanceof Blob) return new BlobSource(source, options);
  return new CustomSource({
    ...options,
    getSize: () => source.size,
    read: (start, end) => source.read(start, end),
    prefetchProfile: "fileSystem",
  });
}

/** A stream of which the beginning was looked at. */
interface PeekedStream {
  /** At least as much as was asked for, unless the stream is shorter. */
  readonly head: Uint8Array;
  /** All of it, from the beginning. */
  readonly stream: ReadableStream<Uint8Array>;
  /** What of it has not been read, once the stream is read no more. */
  readonly rest: StreamRest;
}

/** The end of a stream. */
export interface StreamRest {
  /** Whether the stream has more than `count` bytes that were not read; reads them, and throws as reading does. */
  hasMore(count: number): Promise<boolean>;
}

/** Looks at the first `count` bytes of `stream`, which it locks; throws what reading does, and `signal.reason`. */
export async function peek(
  stream: ReadableStream<Uint8Array>,
  { count, signal }: {
    readonly count: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<PeekedStream> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < count) {
      const { value, done } = await abortable(reader.read(), signal);
      if (done) break;
      chunks.push(value);
      size += value.byteLength;
    }
  } catch (error) {
    // Not awaited: what a stream does with its end is its own.
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
  const head = joinBytes(chunks);
  const first = size > 0 ? [head] : [];
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const own = first.shift();
      if (own) return controller.enqueue(own);
      const { value, done } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  const hasMore = async (least: number): Promise<boolean> => {
    for (let more = first.length * size; more <= least;) {
      const { value, done } = await reader.read();
      if (done) return false;
      more += value.byteLength;
    }
    return true;
  };
  return { head, stream: whole, rest: { hasMore } };
}

const READ_BYTES = 256 << 10;

/** The bytes of `file` from the beginning. */
export function streamOf(file: RandomAccess): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const end = Math.min(file.size, at + READ_BYTES);
      const bytes = at < end ? await file.read(at, end) : undefined;
      if (!bytes || bytes.byteLength === 0) return controller.close();
      at += bytes.byteLength;
      controller.enqueue(bytes);
    },
  }, { highWaterMark: 0 });
}
