/**
 * What a CMAF init segment tells the decoder: avcC, hvcC or av1C of a picture,
 * the AudioSpecificConfig of AAC, the header of Opus and FLAC. ISO/IEC
 * 14496-12 section 8.5.2, 14496-14 section 5.6, 14496-15 section 5.4.
 *
 * @module
 */
import { joinBytes } from "@moq-deno/lite/internal";
import type { RenditionConfig } from "../catalog/catalog.ts";
import { knownContainer } from "../catalog/container_config.ts";
import { boxAt, BoxReader, splitBoxes, viewOf } from "./boxes.ts";

const VIDEO_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;
const VIDEO_CONFIGS = ["avcC", "hvcC", "av1C"];

/** Where an init segment says how samples are decoded. */
export const SAMPLE_ENTRIES = ["moov", "trak", "mdia", "minf", "stbl", "stsd"];

const DECODER_CONFIG_TAG = 0x04;
const DECODER_SPECIFIC_TAG = 0x05;
const DECODER_CONFIG_BYTES = 13;
const ES_TAG = 0x03;
const ES_BYTES = 3;

/** The decoder's extra data for `config`, which a CMAF rendition may leave to its init segment; throws `MoqError("decode")` for a bad one. */
export function descriptionOf(
  config: RenditionConfig,
): Uint8Array<ArrayBuffer> | undefined {
  if (config.description !== undefined) {
    return Uint8Array.fromHex(config.description);
  }
  const container = knownContainer(config);
  return container?.kind === "cmaf"
    ? cmafDescription(Uint8Array.fromBase64(container.init))
    : undefined;
}

/** The decoder's extra data, `undefined` where the codec needs none; throws `MoqError("decode")` that names the box. */
export function cmafDescription(
  init: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  const stsd = boxAt(splitBoxes(init), SAMPLE_ENTRIES);
  const reader = new BoxReader(stsd, "stsd");
  const entries = splitBoxes(stsd.subarray(reader.skip(8) + 8));
  for (const { type, body } of entries) {
    const found = ["mp4a", "Opus", "fLaC"].includes(type)
      ? audioDescription(body)
      : videoDescription(body);
    if (found) return new Uint8Array(found);
  }
  return undefined;
}

function videoDescription(entry: Uint8Array): Uint8Array | undefined {
  const boxes = splitBoxes(entry.subarray(VIDEO_ENTRY_BYTES));
  return boxes.find(({ type }) => VIDEO_CONFIGS.includes(type))?.body;
}

function audioDescription(entry: Uint8Array): Uint8Array | undefined {
  for (
    const { type, body } of splitBoxes(entry.subarray(AUDIO_ENTRY_BYTES))
  ) {
    if (type === "esds") return specificConfig(body);
    if (type === "dOps") return opusHead(body);
    if (type === "dfLa") {
      return joinBytes([new TextEncoder().encode("fLaC"), body.subarray(4)]);
    }
  }
  return undefined;
}

/** Descends from ES_Descriptor over DecoderConfigDescriptor to the bytes of DecoderSpecificInfo. */
function specificConfig(esds: Uint8Array): Uint8Array | undefined {
  let at = 4; // version and flags
  while (at + 2 <= esds.byteLength) {
    const tag = esds[at++];
    let size = 0;
    // Seven bits per byte, at most four of them.
    for (let count = 0; count < 4; count++) {
      const byte = esds[at++] ?? 0;
      size = (size << 7) | (byte & 0x7f);
      if (byte < 0x80) break;
    }
    if (tag === DECODER_SPECIFIC_TAG) return esds.subarray(at, at + size);
    if (tag === ES_TAG) at += ES_BYTES;
    else if (tag === DECODER_CONFIG_TAG) at += DECODER_CONFIG_BYTES;
    else at += size;
  }
  return undefined;
}

/** RFC 7845 section 5.1: the same fields as dOps, but little-endian behind a magic word. */
function opusHead(dOps: Uint8Array): Uint8Array {
  const head = joinBytes([new TextEncoder().encode("OpusHead"), dOps]);
  head[8] = 1;
  const [from, to] = [viewOf(dOps), viewOf(head)];
  if (dOps.byteLength < 11) return head;
  to.setUint16(10, from.getUint16(2), true);
  to.setUint32(12, from.getUint32(4), true);
  to.setInt16(16, from.getInt16(8), true);
  return head;
}
