/**
 * Codecs as playlists name them, for what segments carry: fragmented MP4 with
 * the parameter sets in the init segment. RFC 6381; RFC 8216, section 4.3.4.2.
 *
 * @module
 */
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";

/** The codec of `config` for the attribute CODECS. */
export function hlsCodec({ codec }: VideoConfig | AudioConfig): string {
  if (/^mp3$|^mp4a\.(?:69|6b)$/i.test(codec)) return "mp4a.40.34";
  if (codec === "flac") return "fLaC";
  return codec.replace(/^avc3\./, "avc1.").replace(/^hev1\./, "hvc1.");
}

/** Whether players of HLS can be expected to play `config`: uncompressed sound and VP8 have no place in their segments. */
export function isListed({ codec }: VideoConfig | AudioConfig): boolean {
  return codec !== "pcm" && codec !== "vp8";
}
