/**
 * Codecs as playlists name them, for what segments carry: fragmented MP4 with
 * the parameter sets in the init segment. RFC 6381; RFC 8216, section 4.3.4.2.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import type { AudioConfig, Catalog, VideoConfig } from "../catalog/catalog.ts";
import type { HlsKind } from "./rendition.ts";

/** The codec of `config` for the attribute CODECS. */
export function hlsCodec({ codec }: VideoConfig | AudioConfig): string {
  if (/^mp3$|^mp4a\.(?:69|6b)$/i.test(codec)) return "mp4a.40.34";
  if (codec === "flac") return "fLaC";
  return codec.replace(/^avc3\./, "avc1.").replace(/^hev1\./, "hvc1.");
}

/** A rendition of a catalog that has a place in HLS. */
export interface ListedConfig {
  readonly kind: HlsKind;
  readonly name: string;
  readonly config: VideoConfig | AudioConfig;
}

/** The renditions of a broadcast's own that players of HLS can be expected to play; `log` hears of others. */
export function* listedIn(
  { video, audio }: Catalog,
  log: Logger,
): Generator<ListedConfig, void> {
  for (const [kind, section] of Object.entries({ video, audio })) {
    for (const [name, config] of Object.entries(section?.renditions ?? {})) {
      if (config.broadcast !== undefined) continue;
      if (isListed(config)) yield { kind: kind as HlsKind, name, config };
      else {
        const error = `${config.codec} has no place in HLS`;
        log.warn?.("rendition left out", { name, error });
      }
    }
  }
}

/** Uncompressed sound and VP8 have no place in segments. */
function isListed({ codec }: VideoConfig | AudioConfig): boolean {
  return codec !== "pcm" && codec !== "vp8";
}
