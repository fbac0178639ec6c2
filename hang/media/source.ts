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

/** Remembers a failure that came while nobody was reading, for whoever reads next. */
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
