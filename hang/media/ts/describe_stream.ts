/**
 * The rendition of one stream: its first packets, with tables of their own, as a
 * small file.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { joinBytes } from "@moq-deno/lite/internal";
import { BufferSource, Input, MPEG_TS } from "mediabunny";
import {
  codecProblem,
  type DescribeOptions,
  describeTrack,
  type TrackDescription,
} from "../describe.ts";
import { PACKET_BYTES } from "./packets.ts";
import { checksum, type DeclaredStream } from "./sections.ts";

const PMT_PID = 0x1fff - 1;

/** Describes `stream` by its first `packets`; throws `MoqError` that says why it cannot be read. */
export async function describeStream(
  stream: DeclaredStream,
  { packets, ...options }: DescribeOptions & {
    readonly packets: readonly Uint8Array[];
  },
): Promise<TrackDescription> {
  const source = new BufferSource(fileOf(stream, packets));
  const input = new Input({ formats: [MPEG_TS], source });
  try {
    const [track] = await input.getTracks();
    const described = track && await describeTrack(track, options);
    if (described) return described;
    throw new MoqError(
      "unsupported",
      track ? await codecProblem(track) : "Expected a stream, got none",
    );
  } finally {
    input.dispose();
  }
}

function fileOf(
  stream: DeclaredStream,
  packets: readonly Uint8Array[],
): Uint8Array {
  const pat = [0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1];
  pat.push(0xe0 | (PMT_PID >> 8), PMT_PID & 0xff);
  const head = [packetOf(0, pat), packetOf(PMT_PID, pmtOf(stream))];
  return joinBytes([...head, ...packets]);
}

function pmtOf({ pid, type, info }: DeclaredStream): number[] {
  // All that matters of longer ones is at their beginning.
  const descriptors = info.byteLength > 128 ? new Uint8Array() : info;
  const size = 18 + descriptors.byteLength;
  const high = 0xe0 | (pid >> 8);
  return [
    ...[2, 0xb0, size, 0, 1, 0xc1, 0, 0, high, pid & 0xff, 0xf0, 0],
    ...[type, high, pid & 0xff, 0xf0, descriptors.byteLength, ...descriptors],
  ];
}

/** A packet with one section, to which the checksum is added. */
function packetOf(pid: number, section: readonly number[]): Uint8Array {
  const packet = new Uint8Array(PACKET_BYTES).fill(0xff);
  const crc = checksum(Uint8Array.from(section));
  packet.set([0x47, 0x40 | (pid >> 8), pid & 0xff, 0x10, 0, ...section]);
  new DataView(packet.buffer).setUint32(5 + section.length, crc);
  return packet;
}
