/**
 * Sample tables of MP4 that count more samples than there are: who believes them
 * is busy for hours. They are checked before the file is read.
 * ISO/IEC 14496-12, sections 8.6, 8.7 and 8.8.8.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import {
  HEADER_BYTES,
  LARGE_HEADER_BYTES,
  type Mp4Box,
  splitBoxes,
  viewOf,
} from "../container/boxes.ts";
import type { RandomAccess } from "./source.ts";

const MAX_TABLE_BYTES = 256 << 20;
// Tables of sound files count a few samples more or less than there are.
const TOLERANCE = 1024;
// Of a fragment whose samples say nothing each; hours of them would be held back by it.
const MAX_RUN_SAMPLES = 1 << 16;
const MAX_TOP_BOXES = 4096;
const TRUN_FIELDS = [0x100, 0x200, 0x400, 0x800];
const TEXT_HANDLERS = ["text", "sbtl", "subt", "clcp"];
const MAX_OTHERS = 32;
/** Boxes that an MP4 begins with. */
const FIRST_BOXES = ["ftyp", "styp", "moov", "moof", "mdat", "free", "wide"];

/** Whether `head` begins as MP4 does. */
export function isMp4(head: Uint8Array): boolean {
  return FIRST_BOXES.includes(typeOf(head));
}

/** Options of {@linkcode checkMp4}. */
interface CheckMp4Options {
  /** Whether fragments are checked too, for which all of the file is passed over. */
  readonly hasFragments: boolean;
  /** Gets one sentence for each track that is neither picture nor sound. */
  readonly others: string[];
}

/** Checks the tables of a file that is an MP4, as far as they are in it; throws `MoqError("decode")`. */
export async function checkMp4(
  file: RandomAccess,
  { hasFragments, others }: CheckMp4Options,
): Promise<void> {
  let at = 0;
  for (let n = 0; n < MAX_TOP_BOXES && at + HEADER_BYTES <= file.size; n++) {
    const end = Math.min(file.size, at + LARGE_HEADER_BYTES);
    const header = await file.read(at, end);
    const size = sizeOf(header) ?? file.size - at;
    const type = typeOf(header);
    if (size < HEADER_BYTES || at + size > file.size) return;
    const isTable = type === "moov" || (hasFragments && type === "moof");
    if (isTable && size <= MAX_TABLE_BYTES) {
      check(type, {
        body: await file.read(at + HEADER_BYTES, at + size),
        others,
      });
    }
    if (type === "moov" && !hasFragments) return;
    at += size;
  }
}

/** `stream`, whose tables are checked as they pass: a bad one ends it with `MoqError("decode")`. */
export function checkedMp4(
  stream: ReadableStream<Uint8Array>,
  { others }: Pick<CheckMp4Options, "others">,
): ReadableStream<Uint8Array> {
  const parts: Uint8Array[] = [];
  let held = 0;
  let passing = 0;
  const transform = (
    chunk: Uint8Array,
    controller: TransformStreamDefaultController<Uint8Array>,
  ): void => {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (passing > 0) {
        const part = rest.subarray(0, passing);
        passing -= part.byteLength;
        rest = rest.subarray(part.byteLength);
        controller.enqueue(part);
        continue;
      }
      parts.push(rest);
      held += rest.byteLength;
      const header = joined(parts, { most: LARGE_HEADER_BYTES });
      if (header.byteLength < LARGE_HEADER_BYTES) return;
      const size = sizeOf(header) ?? Infinity;
      const type = typeOf(header);
      const isTable = (type === "moov" || type === "moof") &&
        size <= MAX_TABLE_BYTES;
      if (isTable && held < size) return;
      rest = joined(parts, { most: held });
      parts.length = 0;
      held = 0;
      if (isTable) {
        check(type, { body: rest.subarray(HEADER_BYTES, size), others });
      }
      passing = Math.max(HEADER_BYTES, size);
    }
  };
  const flush = (
    controller: TransformStreamDefaultController<Uint8Array>,
  ): void => {
    for (const part of parts) controller.enqueue(part);
  };
  return stream.pipeThrough(new TransformStream({ transform, flush }));
}

function joined(
  parts: readonly Uint8Array[],
  { most }: { readonly most: number },
): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only.subarray(0, most);
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = new Uint8Array(Math.min(size, most));
  let at = 0;
  for (const part of parts) {
    const room = bytes.byteLength - at;
    if (room <= 0) break;
    bytes.set(part.subarray(0, room), at);
    at += part.byteLength;
  }
  return bytes;
}

function typeOf(header: Uint8Array): string {
  return String.fromCharCode(...header.subarray(4, HEADER_BYTES));
}

/** Bytes of a box, `undefined` when it goes on to the end. */
function sizeOf(header: Uint8Array): number | undefined {
  const size = viewOf(header).getUint32(0);
  if (size === 0) return undefined;
  if (size !== 1 || header.byteLength < LARGE_HEADER_BYTES) return size;
  return Number(viewOf(header).getBigUint64(HEADER_BYTES));
}

/** The boxes at a path of names, all of them. */
function allAt(body: Uint8Array, [type, ...rest]: readonly string[]): Mp4Box[] {
  if (type === undefined) return [];
  let boxes: readonly Mp4Box[];
  try {
    boxes = splitBoxes(body);
  } catch (error) {
    // What does not split is refused by who reads the file.
    if (error instanceof MoqError) return [];
    throw error;
  }
  const found = boxes.filter((one) => one.type === type);
  return rest.length === 0
    ? [...found]
    : found.flatMap((one) => allAt(one.body, rest));
}

function check(
  type: string,
  { body, others }: {
    readonly body: Uint8Array;
    readonly others: string[];
  },
): void {
  if (type === "moof") {
    for (const { body: run } of allAt(body, ["traf", "trun"])) checkRun(run);
    return;
  }
  const traks = allAt(body, ["trak"]);
  for (const [index, { body: trak }] of traks.entries()) {
    const [table] = allAt(trak, ["mdia", "minf", "stbl"]);
    if (table) checkTable(table.body);
    const [handler] = allAt(trak, ["mdia", "hdlr"]);
    const kind = String.fromCharCode(...handler?.body.subarray(8, 12) ?? []);
    if (TEXT_HANDLERS.includes(kind) && others.length < MAX_OTHERS) {
      others.push(
        `Track ${index + 1} is subtitles${
          languageOf(trak)
        }, which are not read`,
      );
    }
  }
}

/** The language of a track in parentheses, when it says one. ISO/IEC 14496-12, section 8.4.2. */
function languageOf(trak: Uint8Array): string {
  const [header] = allAt(trak, ["mdia", "mdhd"]);
  const at = header?.body[0] === 1 ? 32 : 20;
  if (!header || header.body.byteLength < at + 2) return "";
  const packed = viewOf(header.body).getUint16(at);
  const letters = [packed >> 10, packed >> 5, packed]
    .map((letter) => String.fromCharCode((letter & 31) + 0x60)).join("");
  return /^[a-z]{3}$/.test(letters) && letters !== "und" ? ` (${letters})` : "";
}

function checkRun(run: Uint8Array): void {
  if (run.byteLength < 8) return;
  const flags = viewOf(run).getUint32(0);
  const count = viewOf(run).getUint32(4);
  const fields = TRUN_FIELDS.filter((flag) => flags & flag).length;
  const most = fields === 0
    ? MAX_RUN_SAMPLES
    : Math.floor(run.byteLength / (4 * fields));
  requireAtMost("trun", { count, most });
}

function checkTable(table: Uint8Array): void {
  const [sizes] = allAt(table, ["stsz"]);
  if (!sizes || sizes.body.byteLength < 12) return;
  const view = viewOf(sizes.body);
  const count = view.getUint32(8);
  const isFixed = view.getUint32(4) !== 0;
  if (!isFixed) {
    const most = (sizes.body.byteLength - 12) / 4;
    requireAtMost("stsz", { count, most });
  }
  const most = count + TOLERANCE;
  for (const type of ["stts", "ctts"]) {
    requireAtMost(type, {
      count: sumOf(table, { type, words: 2, at: 0 }),
      most,
    });
  }
  const perChunk = { type: "stsc", words: 3, at: 1 };
  for (const chunk of entriesOf(table, perChunk)) {
    requireAtMost("stsc", { count: chunk, most });
  }
}

interface Column {
  readonly type: string;
  readonly words: number;
  readonly at: number;
}

/** One word of each entry of a table. */
function* entriesOf(
  table: Uint8Array,
  { type, words, at }: Column,
): Iterable<number> {
  const [box] = allAt(table, [type]);
  if (!box || box.body.byteLength < 8) return;
  const view = viewOf(box.body);
  const room = Math.floor((box.body.byteLength - 8) / (4 * words));
  const count = Math.min(view.getUint32(4), room);
  for (let n = 0; n < count; n++) {
    yield view.getUint32(8 + 4 * (n * words + at));
  }
}

function sumOf(table: Uint8Array, column: Column): number {
  let sum = 0;
  for (const count of entriesOf(table, column)) sum += count;
  return sum;
}

function requireAtMost(
  type: string,
  { count, most }: { readonly count: number; readonly most: number },
): void {
  if (count <= most) return;
  throw new MoqError(
    "decode",
    `Expected box ${type} to count at most ${most} samples, got ${count}`,
  );
}
