/**
 * Capsules, RFC 9297 section 3.2: the two that end a WebTransport session,
 * CLOSE_WEBTRANSPORT_SESSION and DRAIN_WEBTRANSPORT_SESSION of
 * draft-ietf-webtrans-http3.
 *
 * @module
 */
import { Writer } from "../../bytes/cursor.ts";
import { readVarint, varintLength } from "../../bytes/varint.ts";
import { MAX_REASON_BYTES } from "../../transport/limits.ts";
import { Http3Error } from "./error.ts";

const CLOSE = 0x2843;
const DRAIN = 0x78ae;

const MAX_CLOSE_BYTES = 4 + MAX_REASON_BYTES;
const MAX_SKIPPED_BYTES = 64 * 1024;
const MAX_CODE = 0xffff_ffff;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** What a capsule says. */
export type Capsule =
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  | { readonly type: "drain" };

/** A close capsule; the reason is cut to 1024 bytes between characters. Throws `RangeError` unless `code` is a u32. */
export function encodeClose(code: number, reason: string): Uint8Array {
  if (!Number.isInteger(code) || code < 0 || code > MAX_CODE) {
    throw new RangeError(`Expected a code from 0 to 2^32-1, got ${code}`);
  }
  const text = new Uint8Array(MAX_REASON_BYTES);
  const { written } = encoder.encodeInto(reason, text);
  const body = new Uint8Array(4 + written);
  new DataView(body.buffer).setUint32(0, code);
  body.set(text.subarray(0, written), 4);
  return new Writer().varint(CLOSE).sized(body).finish();
}

/** Finds capsules in the bytes of DATA frames, split anywhere; buffers at most one close capsule. */
export class CapsuleReader {
  #type: number | undefined;
  #length: number | undefined;
  #skip = 0;
  readonly #kept = new Uint8Array(MAX_CLOSE_BYTES);
  #keptBytes = 0;

  /** The known capsules that end within `chunk`; throws {@linkcode Http3Error} if one is malformed or too long. */
  push(chunk: Uint8Array): Capsule[] {
    const capsules: Capsule[] = [];
    for (let at = 0; at < chunk.byteLength;) {
      if (this.#skip > 0) {
        const take = Math.min(this.#skip, chunk.byteLength - at);
        this.#skip -= take;
        at += take;
        if (this.#skip === 0) this.#reset();
        continue;
      }
      this.#kept[this.#keptBytes++] = chunk[at++]!;
      const capsule = this.#step();
      if (capsule) capsules.push(capsule);
    }
    return capsules;
  }

  /** Examines the buffer after one more byte. */
  #step(): Capsule | undefined {
    if (this.#type === undefined) {
      this.#type = this.#takeVarint();
      return undefined;
    }
    if (this.#length === undefined) {
      this.#length = this.#takeVarint();
      return this.#length === undefined ? undefined : this.#begin();
    }
    return this.#keptBytes === this.#length ? this.#finishClose() : undefined;
  }

  #takeVarint(): number | undefined {
    if (this.#keptBytes < varintLength(this.#kept[0]!)) return undefined;
    this.#keptBytes = 0;
    return readVarint(this.#kept, 0);
  }

  /** Begins a capsule whose type and length are known. */
  #begin(): Capsule | undefined {
    const length = this.#length!;
    if (this.#type === CLOSE) {
      if (length < 4 || length > MAX_CLOSE_BYTES) {
        throw failure(`a close capsule of ${length} bytes`);
      }
      return undefined;
    }
    if (length > MAX_SKIPPED_BYTES) throw failure(`one of ${length} bytes`);
    const isDrain = this.#type === DRAIN;
    this.#skip = length;
    if (length === 0) this.#reset();
    return isDrain ? { type: "drain" } : undefined;
  }

  #finishClose(): Capsule {
    const body = this.#kept.subarray(0, this.#keptBytes);
    const code = new DataView(body.buffer).getUint32(0);
    this.#reset();
    try {
      return { type: "close", code, reason: decoder.decode(body.subarray(4)) };
    } catch (cause) {
      throw failure("a reason that is not UTF-8", cause);
    }
  }

  #reset(): void {
    this.#type = undefined;
    this.#length = undefined;
    this.#keptBytes = 0;
  }
}

function failure(got: string, cause?: unknown): Http3Error {
  return new Http3Error(
    "messageError",
    `Expected capsules within their limits, got ${got}`,
    cause,
  );
}
