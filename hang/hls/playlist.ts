/**
 * Writing playlists of HTTP Live Streaming: the multivariant playlist that names
 * the renditions, and the media playlist of one of them. RFC 8216, section 4.
 *
 * @module
 */
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import { hlsCodec } from "./codecs.ts";

// EXT-X-MAP in a playlist that has more than I-frames.
const VERSION = 7;

/** One segment of a media playlist. */
export interface ListedSegment {
  /** Relative to the playlist. */
  readonly uri: string;
  /** Of the init segment that it needs. */
  readonly initUri: string;
  /** In microseconds. */
  readonly durationUs: number;
  /** When what it begins with happened, in milliseconds since 1970. */
  readonly wallMs: number;
  /** Whether time or encoding do not go on from the segment before it. */
  readonly isDiscontinuity: boolean;
}

/** What a media playlist says. */
interface MediaPlaylist {
  /** No segment is longer when rounded to whole seconds. */
  readonly targetSeconds: number;
  /** Number of the first segment. */
  readonly sequence: number;
  /** Discontinuities that have left the playlist. */
  readonly discontinuitySequence: number;
  /** `live`: old segments leave. `vod`: nothing ever changes. */
  readonly type: "live" | "vod";
  /** Whether no more segments will come. */
  readonly hasEnded: boolean;
  /** Oldest first. */
  readonly segments: readonly ListedSegment[];
}

/** A rendition as the multivariant playlist names it. */
interface ListedRendition {
  /** Its track. */
  readonly name: string;
  /** Of its media playlist, relative to the multivariant one. */
  readonly uri: string;
  /** What the catalog says of it. */
  readonly config: VideoConfig | AudioConfig;
  /** Bits per second that no segment exceeds, as far as that is known. */
  readonly bandwidthBps: number;
}

interface ListedAudio extends ListedRendition {
  readonly config: AudioConfig;
}

/** The text of a media playlist. */
export function writeMediaPlaylist(playlist: MediaPlaylist): string {
  const lines = [
    "#EXTM3U",
    `#EXT-X-VERSION:${VERSION}`,
    `#EXT-X-TARGETDURATION:${playlist.targetSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.sequence}`,
  ];
  if (playlist.discontinuitySequence > 0) {
    lines.push(
      `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
    );
  }
  if (playlist.type === "vod") lines.push("#EXT-X-PLAYLIST-TYPE:VOD");
  let initUri: string | undefined;
  for (const segment of playlist.segments) {
    if (segment.isDiscontinuity) lines.push("#EXT-X-DISCONTINUITY");
    if (segment.initUri !== initUri) {
      initUri = segment.initUri;
      lines.push(`#EXT-X-MAP:URI=${quoted(initUri)}`);
    }
    const date = new Date(segment.wallMs).toISOString();
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${date}`,
      `#EXTINF:${(segment.durationUs / 1_000_000).toFixed(6)},`,
      segment.uri,
    );
  }
  if (playlist.hasEnded) lines.push("#EXT-X-ENDLIST");
  return `${lines.join("\n")}\n`;
}

/** The text of a multivariant playlist: a variant for each video with each codec of sound, or for each sound when there is no video. */
export function writeMultivariant(
  renditions: readonly ListedRendition[],
): string {
  const video = renditions.filter(({ config }) => !("sampleRate" in config));
  const audio = renditions.filter(isAudio);
  const lines = ["#EXTM3U", `#EXT-X-VERSION:${VERSION}`];
  if (video.length === 0) {
    for (const one of audio) lines.push(...variantOf(one, undefined));
    return `${lines.join("\n")}\n`;
  }
  const groups = [...Map.groupBy(audio, ({ config }) => hlsCodec(config))];
  for (const [index, [, members]] of groups.entries()) {
    for (const [place, one] of members.entries()) {
      const isDefault = index === 0 && place === 0;
      lines.push(mediaOf(one, { group: groupName(index), isDefault }));
    }
  }
  for (const one of video) {
    if (groups.length === 0) lines.push(...variantOf(one, undefined));
    for (const [index, [, members]] of groups.entries()) {
      lines.push(...variantOf(one, { name: groupName(index), members }));
    }
  }
  return `${lines.join("\n")}\n`;
}

function isAudio(rendition: ListedRendition): rendition is ListedAudio {
  return "sampleRate" in rendition.config;
}

function groupName(index: number): string {
  return `audio${index + 1}`;
}

function mediaOf(
  { name, uri, config }: ListedAudio,
  { group, isDefault }: {
    readonly group: string;
    readonly isDefault: boolean;
  },
): string {
  const attributes = [
    "TYPE=AUDIO",
    `GROUP-ID=${quoted(group)}`,
    `NAME=${quoted(config.label ?? name)}`,
    `DEFAULT=${isDefault ? "YES" : "NO"}`,
    "AUTOSELECT=YES",
    `CHANNELS=${quoted(String(config.numberOfChannels))}`,
    `URI=${quoted(uri)}`,
  ];
  return `#EXT-X-MEDIA:${attributes.join(",")}`;
}

interface AudioGroup {
  readonly name: string;
  readonly members: readonly ListedAudio[];
}

function variantOf(
  { uri, config, bandwidthBps }: ListedRendition,
  audio: AudioGroup | undefined,
): [string, string] {
  const members = audio?.members ?? [];
  const sound = Math.max(0, ...members.map((one) => one.bandwidthBps));
  const codecs = [config, ...members.slice(0, 1).map((one) => one.config)];
  const attributes = [
    `BANDWIDTH=${Math.ceil(bandwidthBps + sound)}`,
    `CODECS=${quoted(codecs.map(hlsCodec).join(","))}`,
  ];
  if (!("sampleRate" in config)) {
    const { codedWidth, codedHeight, framerate } = config;
    if (codedWidth !== undefined && codedHeight !== undefined) {
      attributes.push(`RESOLUTION=${codedWidth}x${codedHeight}`);
    }
    if (framerate !== undefined) {
      attributes.push(`FRAME-RATE=${framerate.toFixed(3)}`);
    }
  }
  if (audio) attributes.push(`AUDIO=${quoted(audio.name)}`);
  return [`#EXT-X-STREAM-INF:${attributes.join(",")}`, uri];
}

// Nothing that a name has may end the string or the line.
function quoted(text: string): string {
  return `"${text.replaceAll(/["\p{Cc}]/gu, " ")}"`;
}
