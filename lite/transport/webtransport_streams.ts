/**
 * The two halves of a browser's WebTransport streams, as a transport has them.
 * W3C WebTransport, sections 8 to 10.
 *
 * @module
 */
import { messageOf, MoqError } from "../error.ts";
import {
  moveInto,
  StreamReader,
  type StreamReaderOptions,
} from "./stream_reader.ts";
import { StreamWriter } from "./stream_writer.ts";
import type { ReceiveStream, SendStream } from "./transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The used part of a browser's `WebTransportError`; the code is the peer's, or ours if we abort. */
interface StreamErrorLike {
  readonly source?: string | undefined;
  readonly streamErrorCode?: number | null | undefined;
}

type ErrorConstructor = new (...args: readonly unknown[]) => StreamErrorLike;

/** An error that makes a browser send `code` if a stream is aborted or cancelled with it. */
export function streamError(code: number): StreamErrorLike {
  const message = `Ended with code ${code}`;
  const details = { message, source: "stream", streamErrorCode: code };
  const { WebTransportError } = globalThis as {
    readonly WebTransportError?: ErrorConstructor;
  };
  if (!WebTransportError) return Object.assign(new Error(message), details);
  // The standard has the message first; Chromium has one dictionary, and throws if it is not the first argument.
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
    return undefined; // The browser has the other form of the constructor.
  }
}

/** A browser's stream error as a `MoqError`: `remote` with the peer's code, `transport` if the session ended. */
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
  const message = messageOf(error);
  return { source, streamErrorCode, message };
}

/** The sending half; owns its stream. */
export class WebSendStream extends StreamWriter implements SendStream {
  #closing = false;

  get stopped(): Promise<number | undefined> {
    return this.failed.then((error) =>
      describe(error).streamErrorCode ?? undefined
    );
  }

  /** Whether FIN was requested. */
  get isClosing(): boolean {
    return this.#closing;
  }

  override close(): void {
    if (this.hasEnded) return;
    this.#closing = true;
    super.close();
  }

  reset(code: number): void {
    if (!this.hasEnded) this.abort(streamError(code));
  }
}

/** The receiving half; owns its stream. */
export function webReceiveStream(
  from: ReadableStream<Uint8Array>,
): ReceiveStream {
  // Browsers return no shared memory here, although the types allow it.
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

/** Reads like a BYOB reader. */
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
