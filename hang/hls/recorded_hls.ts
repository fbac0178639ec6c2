/**
 * A recording as HLS: every segment is listed, and made when it is asked for.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { asMoqError, SILENT } from "@moq-deno/lite/internal";
import type { AudioConfig, Catalog, VideoConfig } from "../catalog/catalog.ts";
import { ownEntry } from "../catalog/own_entry.ts";
import { openContainer } from "../container/container.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import { decoderFacts } from "../media/decoder_facts.ts";
import { readGroup } from "../record/read_group.ts";
import type { Recording } from "../record/recording.ts";
import { MediaTimes } from "../record/schedule.ts";
import { Timeline } from "../record/timeline.ts";
import { isListed } from "./codecs.ts";
import { writeMediaPlaylist } from "./playlist.ts";
import { type RecordedSegment, segmentsOf } from "./recorded_segments.ts";
import {
  type HlsKind,
  type HlsRendition,
  type HlsSource,
  initUri,
  segmentUri,
} from "./rendition.ts";
import { type MuxedSegment, muxSegment } from "./segment_muxer.ts";
import { steadySamples } from "./steady_samples.ts";

/** Options of {@linkcode RecordedHls}. */
export interface RecordedHlsOptions {
  /** Hears of what is left out. */
  readonly log?: Logger | undefined;
}

/** Serves a recording that does not grow any more and stays the caller's. */
export class RecordedHls implements HlsSource {
  readonly #renditions: readonly RecordedRendition[];

  /** Reads where each segment begins. */
  constructor(recording: Recording, options: RecordedHlsOptions = {}) {
    const { log = SILENT } = options;
    const records = new Timeline(recording).records();
    const times = new MediaTimes(recording);
    const found: RecordedRendition[] = [];
    for (const { kind, name, config } of renditionsOf(recording)) {
      const segments = segmentsOf(name, { recording, records, times });
      if (segments.length === 0) continue;
      if (isListed(config)) {
        const context = { recording, segments, log };
        found.push(new RecordedRendition({ kind, name, config }, context));
      } else {
        const error = `${config.codec} has no place in HLS`;
        log.warn?.("rendition left out", { name, error });
      }
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

interface NamedConfig {
  readonly kind: HlsKind;
  readonly name: string;
  readonly config: VideoConfig | AudioConfig;
}

function renditionsOf({ catalogs }: Recording): NamedConfig[] {
  const { video, audio }: Catalog = catalogs.at(-1)?.catalog ?? {};
  const list = (
    kind: HlsKind,
    renditions: Readonly<Record<string, VideoConfig | AudioConfig>> = {},
  ): NamedConfig[] =>
    Object.entries(renditions).map(([name, config]) => ({
      kind,
      name,
      config,
    }));
  return [
    ...list("video", video?.renditions),
    ...list("audio", audio?.renditions),
  ];
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
    { kind, name, config }: NamedConfig,
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
    const cut = {
      samples,
      startUs: first.timestampUs,
      durationUs,
      isJump: false,
    };
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
    const { log } = this.#recording.tracks.get(this.name)!;
    const container = openContainer(config);
    const samples: OrderedSample[] = [];
    for (const entry of entries) {
      const { sequence: group } = entry;
      try {
        const frames = readGroup(log.read(entry));
        const all = frames.flatMap(({ payload }) => container.decode(payload));
        for (const [index, sample] of all.entries()) {
          const isKeyframe = this.kind === "audio" ||
            (sample.isKeyframe ?? index === 0);
          samples.push({ ...sample, isKeyframe, group });
        }
      } catch (error) {
        // A group that was damaged on disk costs only itself.
        const reason = `group ${group}: ${asMoqError(error).message}`;
        this.#log.warn?.("left out", { name: this.name, error: reason });
      }
    }
    return steadySamples(samples);
  }
}
