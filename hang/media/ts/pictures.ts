/**
 * What has to be known of H.264 and H.265 in a transport stream: where decoding
 * can begin. ITU-T H.264 and H.265, annex B and section 7.4.1 and 7.4.2.
 *
 * @module
 */

/** What a picture's bytes say. */
interface PictureFacts {
  /** Whether decoding can begin here, whatever the multiplexer says. */
  readonly isKeyframe: boolean;
  /** Whether there is a parameter set in it. */
  readonly hasParameters: boolean;
}

const AVC = { mask: 0x1f, shift: 0, keys: [5, 5], slices: [1, 5], sps: 7 };
const HEVC = { mask: 0x3f, shift: 1, keys: [16, 23], slices: [0, 31], sps: 33 };

/** Looks at the NAL units up to the first slice. */
export function readPicture(
  data: Uint8Array,
  codec: "avc" | "hevc",
): PictureFacts {
  const { mask, shift, keys, slices, sps } = codec === "avc" ? AVC : HEVC;
  let hasParameters = false;
  for (let at = data.indexOf(1, 2); at > 0; at = data.indexOf(1, at + 1)) {
    if (data[at - 1] !== 0 || data[at - 2] !== 0) continue;
    const header = data[at + 1];
    if (header === undefined) break;
    const type = (header >> shift) & mask;
    if (type === sps) hasParameters = true;
    if (type >= slices[0]! && type <= slices[1]!) {
      const isKeyframe = type >= keys[0]! && type <= keys[1]!;
      return { isKeyframe, hasParameters };
    }
  }
  return { isKeyframe: false, hasParameters };
}
