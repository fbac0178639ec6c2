/**
 * The two halves of a browser's WebTransport stream as the halves of a
 * transport's stream. W3C WebTransport, sections 8 to 10.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import {
  moveInto,
  StreamReader,
  type StreamReaderOptions,
} from "./stream_reader.ts";
import { StreamWriter } from "./stream_writer.ts";
import type { ReceiveStream, SendStream } from "./transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a browser's `WebTransportError` says; the code is that of the peer, or ours when we abort. */
interface StreamErrorLike {
  readonly source?: string | undefined;
  readonly streamErrorCode?: number | null | undefined;
}

type ErrorConstructor = new (...args: readonly unknown[]) => StreamErrorLike;

/** An error that makes a browser send `code` when a stream is aborted or cancelled with it. */
export function streamError(code: number): StreamErrorLike {
  const message = `Ended with code ${code}`;
  const details = { message, source: "stream", streamErrorCode: code };
  const { WebTransportError } = globalThis as {
    readonly WebTransportError?: ErrorConstructor;
  };
  if (!WebTransportError) return Object.assign(new Error(message), details);
  // The standard takes the message first; Chromium takes one dictionary, and throws when it is not the first argument.
  const chromium = construct(WebTransportError, [details]);
  if (chromium?.streamErrorCode === code) return chromium;
  return construct(WebTransportError, [message, details]) ??
    Object.assign(new Error(message), details);
}

function construct(
  constructor: ErrorConstructor,
  args: readonly unknown[],
): StreamErrorLike | undefined {
  try {
    return new constructor(...args);
  } catch {
    return undefined; // This form of the constructor is not the one here.
  }
}

/** What a browser says of a stream as ours: `remote` with the peer's code, `transport` when the session ended. */
export function receiveError(error: unknown): MoqError {
  if (error instanceof MoqError) return error;
  const { message, source, streamErrorCode } = describe(error);
  const code = streamErrorCode ?? undefined;
  const isStream = code !== undefined || source === "stream";
  return isStream
    ? new MoqError("remote", `Peer reset the stream: ${message}`, {
      remoteCode: code,
      cause: error,
    })
    : new MoqError("transport", `WebTransport failed: ${message}`, {
      cause: error,
    });
}

function describe(error: unknown): StreamErrorLike & { message: string } {
  if (typeof error !== "object" || error === null) {
    return { message: String(error) };
  }
  const { source, streamErrorCode } = error as StreamErrorLike;
  const message = error instanceof Error ? error.message : String(error);
  return { source, streamErrorCode, message };
}

/** The sending half of `stream`, which now belongs to it. */
export class WebSendStream implements SendStream {
  readonly #writer: StreamWriter;
  #closing = false;

  /** Locks `stream` for good. */
  constructor(stream: WritableStream<Bytes>) {
    this.#writer = new StreamWriter(stream);
  }

  get stopped(): Promise<number | undefined> {
    return this.#writer.failed.then((error) =>
      describe(error).streamErrorCode ?? undefined
    );
  }

  /** Resolves when everything up to FIN has left, the stream has failed or was reset; pending while it is open. Never rejects. */
  get flushed(): Promise<void> {
    return this.#writer.flushed;
  }

  /** Whether FIN was asked for. */
  get isClosing(): boolean {
    return this.#closing;
  }

  ready(signal?: AbortSignal): Promise<boolean> {
    return this.#writer.ready(signal);
  }

  write(chunk: Uint8Array): void {
    this.#writer.write(chunk);
  }

  close(): void {
    if (this.#writer.hasEnded) return;
    this.#closing = true;
    this.#writer.close();
  }

  reset(code: number): void {
    if (!this.#writer.hasEnded) this.#writer.abort(streamError(code));
  }
}

/** The receiving half of `stream`, which now belongs to it. */
export function webReceiveStream(
  from: ReadableStream<Uint8Array>,
): ReceiveStream {
  // No browser hands out shared memory here, whatever the types say.
  const stream = from as ReadableStream<Bytes>;
  const byob = byobReader(stream);
  const reader = byob ?? stream.getReader();
  return new StreamReader({
    read: byob
      ? (into) => byob.read(into)
      : copying(reader as ReadableStreamDefaultReader<Bytes>),
    cancel: (code) => reader.cancel(streamError(code)),
    errorOf: receiveError,
  });
}

function byobReader(
  stream: ReadableStream<Bytes>,
): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return undefined; // Not a byte stream in this browser.
  }
}

/** Reads as a BYOB reader does. */
function copying(
  reader: ReadableStreamDefaultReader<Bytes>,
): StreamReaderOptions["read"] {
  let left: Bytes = new Uint8Array(0);
  return async (into) => {
    while (left.byteLength === 0) {
      const next = await reader.read();
      if (next.done) return next;
      left = next.value;
    }
    const [value, rest] = moveInto(into, left);
    left = rest;
    return { value, done: false };
  };
}
