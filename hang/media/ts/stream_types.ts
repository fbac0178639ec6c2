/**
 * What the streams of a transport stream are, by type and descriptors.
 * ISO/IEC 13818-1, table 2-34; ETSI EN 300 468, annex D.
 *
 * @module
 */
import type { DeclaredStream } from "./sections.ts";

/** Codecs that are read here. */
export type TsCodec = "avc" | "hevc" | "aac" | "mpeg-audio" | "ac3";

/** A stream, and its codec when that is read. */
interface KnownStream {
  /** Undefined for what is left out. */
  readonly codec: TsCodec | undefined;
  /** For people. */
  readonly name: string;
  /** Whether a programme lacks something without it. */
  readonly isMedia: boolean;
}

type Named = readonly [codec: TsCodec | undefined, name: string];

const READ: Readonly<Record<number, readonly [TsCodec, string]>> = {
  0x03: ["mpeg-audio", "MPEG audio"],
  0x04: ["mpeg-audio", "MPEG audio"],
  0x0f: ["aac", "AAC"],
  0x1b: ["avc", "H.264"],
  0x24: ["hevc", "H.265"],
  0x81: ["ac3", "AC-3"],
  0x87: ["ac3", "E-AC-3"],
};

const LEFT_OUT: Readonly<Record<number, string>> = {
  0x01: "MPEG-1 video",
  0x02: "MPEG-2 video",
  0x10: "MPEG-4 video",
  0x11: "AAC in LATM",
  0x1c: "raw MPEG-4 audio",
  0x20: "3D H.264",
  0x21: "JPEG 2000",
  0x2d: "MPEG-H audio",
  0x33: "H.266",
  0x42: "AVS video",
  0x82: "DTS",
  0x83: "TrueHD",
  0x85: "DTS-HD",
  0x8a: "DTS",
  0xd1: "Dirac",
  0xea: "VC-1",
};

const DATA: Readonly<Record<number, string>> = {
  0x05: "private sections",
  0x0b: "DSM-CC",
  0x0c: "DSM-CC",
  0x0d: "DSM-CC",
  0x15: "timed metadata",
  0x86: "SCTE-35",
};

const PRIVATE_DATA = 0x06;
const REGISTRATION = 0x05;
const LANGUAGES: readonly number[] = [0x0a, 0x59, 0x56];

const DESCRIPTORS: Readonly<Record<number, Named>> = {
  0x56: [undefined, "teletext"],
  0x59: [undefined, "DVB subtitles"],
  0x6a: ["ac3", "AC-3"],
  0x7a: ["ac3", "E-AC-3"],
  0x7b: [undefined, "DTS"],
  0x7c: [undefined, "AAC"],
  0xcc: ["ac3", "E-AC-3"],
};

const REGISTRATIONS: Readonly<Record<string, Named>> = {
  "AC-3": ["ac3", "AC-3"],
  "EAC3": ["ac3", "E-AC-3"],
  "Opus": [undefined, "Opus"],
  "AV01": [undefined, "AV1"],
  "VP09": [undefined, "VP9"],
  "DTS1": [undefined, "DTS"],
  "DTS2": [undefined, "DTS"],
  "DTS3": [undefined, "DTS"],
  "BSSD": [undefined, "SMPTE 302M PCM"],
};

function* descriptorsOf(
  info: Uint8Array,
): Iterable<{ readonly tag: number; readonly body: Uint8Array }> {
  for (let at = 0; at + 2 <= info.byteLength;) {
    const end = at + 2 + info[at + 1]!;
    yield { tag: info[at]!, body: info.subarray(at + 2, end) };
    at = end;
  }
}

function textOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) =>
    byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?"
  ).join("");
}

function fromDescriptors(
  info: Uint8Array,
): Named | undefined {
  for (const { tag, body } of descriptorsOf(info)) {
    const registered = tag === REGISTRATION
      ? new Map(Object.entries(REGISTRATIONS)).get(textOf(body.subarray(0, 4)))
      : DESCRIPTORS[tag];
    if (registered) return registered;
  }
  return undefined;
}

/** The languages that the descriptors name, as in "deu". */
function languagesOf(info: Uint8Array): readonly string[] {
  for (const { tag, body } of descriptorsOf(info)) {
    if (LANGUAGES.includes(tag)) return [textOf(body.subarray(0, 3))];
  }
  return [];
}

/** What `stream` is. */
export function knownStream({ type, info }: DeclaredStream): KnownStream {
  const suffix = languagesOf(info).map((language) => ` (${language})`).join("");
  const read = READ[type];
  if (read) return { codec: read[0], name: read[1] + suffix, isMedia: true };
  const hex = `0x${type.toString(16).padStart(2, "0")}`;
  const [codec, name] = type === PRIVATE_DATA
    ? fromDescriptors(info) ?? []
    : [];
  if (name !== undefined) {
    return { codec, name: name + suffix, isMedia: true };
  }
  const known = LEFT_OUT[type] ?? DATA[type] ??
    (type === PRIVATE_DATA ? "private data" : "a type that is not known here");
  // Private data without a descriptor may be sound as well: some multiplexers say no more of AAC.
  const isMedia = !Object.hasOwn(DATA, type);
  return {
    codec: undefined,
    name: `${known} (stream type ${hex})${suffix}`,
    isMedia,
  };
}
