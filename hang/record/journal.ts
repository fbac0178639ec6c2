/**
 * A text file that only grows: one JSON value a line, each with its checksum,
 * so that a line that is damaged costs itself alone.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { crc32 } from "./checksum.ts";
import { MAX_MANIFEST_BYTES } from "./limits.ts";
import type { RecordingStore } from "./store.ts";

const CHECKSUM_DIGITS = 8;
const LINE_END = 0x0a;

/** What a journal has. */
interface JournalContent {
  /** The values of its lines, in order. */
  readonly values: readonly unknown[];
  /** The numbers of lines that are not as they were written, counted from 1. */
  readonly damaged: readonly number[];
  /** What stands behind the last whole line: it was cut off in mid-write. */
  readonly rest: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `value` as a line: its checksum, a space, JSON. */
export function encodeLine(value: unknown): Uint8Array {
  const json = JSON.stringify(value);
  return encoder.encode(`${checksumOf(encoder.encode(json))} ${json}\n`);
}

function checksumOf(json: Uint8Array): string {
  return crc32(json).toString(16).padStart(CHECKSUM_DIGITS, "0");
}

/** Reads the lines; a last line without its end counts when it is whole. */
export function readJournal(bytes: Uint8Array): JournalContent {
  const values: unknown[] = [];
  const damaged: number[] = [];
  let from = 0;
  for (let line = 1; from < bytes.byteLength; line++) {
    const end = bytes.indexOf(LINE_END, from);
    const text = bytes.subarray(from, end < 0 ? undefined : end);
    const value = decodeLine(text);
    if (value !== undefined) values.push(value);
    else if (end < 0) return { values, damaged, rest: text.slice() };
    else damaged.push(line);
    if (end < 0) break;
    from = end + 1;
  }
  return { values, damaged, rest: new Uint8Array() };
}

function decodeLine(line: Uint8Array): unknown {
  const json = line.subarray(CHECKSUM_DIGITS + 1);
  const head = decoder.decode(line.subarray(0, CHECKSUM_DIGITS + 1));
  if (head !== `${checksumOf(json)} `) return undefined;
  try {
    return JSON.parse(decoder.decode(json));
  } catch {
    return undefined; // With the right checksum it was written wrong; there is nothing to be had from it.
  }
}

/** All bytes of a file; throws `MoqError("decode")` when there are more than a manifest may have. */
export function readWhole(store: RecordingStore, name: string): Uint8Array {
  const file = store.open(name, "read");
  try {
    if (file.size > MAX_MANIFEST_BYTES) {
      throw new MoqError(
        "decode",
        `Expected at most ${MAX_MANIFEST_BYTES} bytes in ${name}, got ${file.size}`,
      );
    }
    return file.read(0, file.size);
  } finally {
    file.close();
  }
}

/** Adds `bytes` to a file that is opened for this alone. */
export function appendTo(
  store: RecordingStore,
  { file, bytes }: { readonly file: string; readonly bytes: Uint8Array },
): void {
  const opened = store.open(file, "write");
  try {
    opened.append(bytes);
  } finally {
    opened.close();
  }
}
