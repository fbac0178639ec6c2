/**
 * A recording as media for a file: its samples as fast as they are written.
 *
 * @module
 */
import { type Logger, MoqError } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import type { SampleReader, WritableMedia } from "../media/write.ts";
import { sampleReader } from "./recorded_samples.ts";
import type { Recording, RecordingTrack } from "./recording.ts";

/** The renditions to export, the first that were recorded when not given, `false` for none. */
export interface ExportChoice {
  /** Name of the video's track. */
  readonly video?: string | false | undefined;
  /** Name of the audio's track. */
  readonly audio?: string | false | undefined;
  /** Hears of groups that could not be read. */
  readonly log?: Logger | undefined;
}

/** Samples of one track in the order of its groups. */
function samplesOf<Config extends VideoConfig | AudioConfig>(
  config: Config,
  { name, track, recording, log }: {
    readonly name: string;
    readonly track: RecordingTrack;
    readonly recording: Recording;
    readonly log: Logger;
  },
): SampleReader<Config> {
  return {
    config,
    async *samples(signal) {
      const read = sampleReader(track.log, { name, config, log });
      const offsetsUs = recording.offsetsUs();
      const entries = track.log.entries
        .map((entry, index) => ({
          entry,
          take: recording.takeOf(track, index),
        }))
        .sort((one, other) => one.entry.sequence - other.entry.sequence);
      for (const { entry, take } of entries) {
        signal?.throwIfAborted();
        const offsetUs = Math.round(offsetsUs[take] ?? 0);
        for (const sample of read(entry)) {
          const timestampUs = Math.max(0, sample.timestampUs + offsetUs);
          yield { ...sample, timestampUs };
        }
      }
    },
  };
}

function choose<Config extends VideoConfig | AudioConfig>(
  recording: Recording,
  { renditions = {}, wish, log }: {
    readonly renditions: Readonly<Record<string, Config>> | undefined;
    readonly wish: string | false | undefined;
    readonly log: Logger;
  },
): SampleReader<Config> | undefined {
  if (wish === false) return undefined;
  for (const [name, config] of Object.entries(renditions)) {
    if (wish !== undefined && name !== wish) continue;
    const track = recording.tracks.get(name);
    if (track && track.log.entries.length > 0) {
      return samplesOf(config, { name, track, recording, log });
    }
  }
  if (wish === undefined) return undefined;
  throw new MoqError(
    "not-found",
    `Expected rendition ${wish} in the recording, there is none`,
  );
}

/** What `writeMedia` and `writeRaw` need of `recording`, by its newest catalog; throws `MoqError("not-found")` when nothing of it was recorded. */
export function mediaOf(
  recording: Recording,
  choice: ExportChoice,
): WritableMedia {
  const { log = SILENT } = choice;
  const catalog = recording.catalogs.at(-1)?.catalog ?? {};
  const video = choose(recording, {
    renditions: catalog.video?.renditions,
    wish: choice.video,
    log,
  });
  const audio = choose(recording, {
    renditions: catalog.audio?.renditions,
    wish: choice.audio,
    log,
  });
  if (video || audio) return { catalog, video, audio };
  throw new MoqError("not-found", "Expected recorded media, there is none");
}
