/**
 * A recording as HLS: every segment is listed, and made when it is asked for.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import { ownEntry } from "../catalog/own_entry.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import { decoderFacts } from "../media/decoder_facts.ts";
import { sampleReader } from "../record/recorded_samples.ts";
import type { Recording } from "../record/recording.ts";
import { MediaTimes } from "../record/schedule.ts";
import { Timeline } from "../record/timeline.ts";
import { writeMediaPlaylist } from "./playlist.ts";
import { type RecordedSegment, segmentsOf } from "./recorded_segments.ts";
import { type ListedConfig, listedIn } from "./codecs.ts";
import {
  type HlsKind,
  type HlsRendition,
  type HlsSource,
  initUri,
  segmentUri,
} from "./rendition.ts";
import { type MuxedSegment, muxSegment } from "./segment_muxer.ts";
import { steadySamples } from "./steady_samples.ts";

/** Serves a recording that does not grow any more and stays the caller's. */
export class RecordedHls implements HlsSource {
  readonly #renditions: readonly RecordedRendition[];

  /** Reads where each segment begins; `log` gets what is left out. */
  constructor(
    recording: Recording,
    { log = SILENT }: { readonly log?: Logger | undefined } = {},
  ) {
    const records = new Timeline(recording).records();
    const times = new MediaTimes(recording);
    const found: RecordedRendition[] = [];
    const catalog = recording.catalogs.at(-1)?.catalog ?? {};
    for (const one of listedIn(catalog, log)) {
      const segments = segmentsOf(one.name, { recording, records, times });
      if (segments.length === 0) continue;
      found.push(new RecordedRendition(one, { recording, segments, log }));
    }
    const longest = Math.max(0, ...found.map((one) => one.longestUs));
    const targetSeconds = Math.max(1, Math.round(longest / 1_000_000));
    for (const rendition of found) rendition.targetSeconds = targetSeconds;
    this.#renditions = found;
  }

  /** All renditions of which something was recorded. */
  renditions(_signal: AbortSignal): Promise<readonly HlsRendition[]> {
    return Promise.resolve(this.#renditions);
  }
}

function bpsOf({ entries, durationUs }: RecordedSegment): number {
  const bytes = entries.reduce((sum, one) => sum + one.length, 0);
  return bytes * 8 / (durationUs / 1_000_000);
}

class RecordedRendition implements HlsRendition {
  readonly kind: HlsKind;
  readonly name: string;
  readonly config: VideoConfig | AudioConfig;
  targetSeconds = 0;
  #peakBps: number | undefined;
  readonly #recording: Recording;
  readonly #segments: readonly RecordedSegment[];
  readonly #log: Logger;

  constructor(
    { kind, name, config }: ListedConfig,
    { recording, segments, log }: {
      readonly recording: Recording;
      readonly segments: readonly RecordedSegment[];
      readonly log: Logger;
    },
  ) {
    this.kind = kind;
    this.name = name;
    this.config = config;
    this.#recording = recording;
    this.#segments = segments;
    this.#log = log;
  }

  // There may be millions of segments, more than a call takes arguments.
  get longestUs(): number {
    return this.#segments.reduce(
      (longest, { durationUs }) => Math.max(longest, durationUs),
      0,
    );
  }

  get peakBps(): number {
    return this.#peakBps ??= this.#segments.reduce(
      (peak, segment) => Math.max(peak, bpsOf(segment)),
      0,
    );
  }

  playlist(_signal: AbortSignal): Promise<string> {
    let initId = 0;
    const segments = this.#segments.map((segment, sequence) => {
      if (segment.isDiscontinuity) initId = sequence;
      return {
        ...segment,
        uri: segmentUri(sequence),
        initUri: initUri(initId),
        isDiscontinuity: segment.isDiscontinuity && sequence > 0,
      };
    });
    return Promise.resolve(writeMediaPlaylist({
      targetSeconds: this.targetSeconds,
      sequence: 0,
      discontinuitySequence: 0,
      type: "vod",
      hasEnded: true,
      segments,
    }));
  }

  async init(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.#mux(id))?.init;
  }

  async segment(
    sequence: number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.#mux(sequence))?.media;
  }

  async #mux(sequence: number): Promise<MuxedSegment | undefined> {
    const segment = this.#segments[sequence];
    if (!segment) return undefined;
    const { kind } = this;
    const config = this.#configAt(segment.entries[0]!.arrivalMs);
    const samples = this.#samplesOf(segment, config);
    const [first] = samples;
    if (!first) return undefined;
    const facts = decoderFacts(config);
    const { durationUs } = segment;
    const startUs = first.timestampUs;
    const cut = { samples, startUs, durationUs, isJump: false };
    return await muxSegment(cut, { kind, facts });
  }

  /** The encoding at the time: a later publisher may have had another. */
  #configAt(arrivalMs: number): VideoConfig | AudioConfig {
    const { catalogs } = this.#recording;
    const then = catalogs.findLast((one) => one.arrivalMs <= arrivalMs);
    const catalog = (then ?? catalogs[0])?.catalog;
    const renditions = catalog?.[this.kind]?.renditions;
    return ownEntry<VideoConfig | AudioConfig>(renditions, this.name) ??
      this.config;
  }

  #samplesOf(
    { entries }: RecordedSegment,
    config: VideoConfig | AudioConfig,
  ): OrderedSample[] {
    const { name } = this;
    const track = this.#recording.tracks.get(name)!.log;
    const read = sampleReader(track, { name, config, log: this.#log });
    return steadySamples(entries.flatMap(read));
  }
}
