/**
 * A recording as media for a file: its samples as fast as they are written.
 *
 * @module
 */
import { Cache, GroupProducer, MoqError } from "@moq-deno/lite";
import type { AudioConfig, VideoConfig } from "../../catalog/catalog.ts";
import { openContainer } from "../../container/container.ts";
import type { OrderedSample } from "../../container/sample_order.ts";
import type { SampleReader, WritableMedia } from "../../media/write.ts";
import type { RecordedTrack } from "./group_log.ts";
import type { Recording } from "./recording.ts";

/** The renditions to export, the first that were recorded when not given, `false` for none. */
export interface ExportChoice {
  /** Name of the video's track. */
  readonly video?: string | false | undefined;
  /** Name of the audio's track. */
  readonly audio?: string | false | undefined;
}

/** Samples of one track in the order of its groups. */
class RecordedSamples<Config extends VideoConfig | AudioConfig>
  implements SampleReader<Config> {
  readonly config: Config;
  readonly #track: RecordedTrack;

  constructor(config: Config, track: RecordedTrack) {
    this.config = config;
    this.#track = track;
  }

  async *samples(signal?: AbortSignal): AsyncGenerator<OrderedSample, void> {
    const container = openContainer(this.config);
    const cache = new Cache();
    const isAudio = "sampleRate" in this.config;
    const entries = this.#track.entries.toSorted((one, other) =>
      one.sequence - other.sequence
    );
    for (const entry of entries) {
      const { sequence } = entry;
      const group = new GroupProducer(sequence, { cache, maxAgeMs: 0 });
      group.append(this.#track.read(entry));
      group.close();
      let isFirst = true;
      for await (const { payload } of group.consume().frames(signal)) {
        for (const sample of container.decode(payload)) {
          const isKeyframe = sample.isKeyframe ?? (isAudio || isFirst);
          isFirst = false;
          yield { ...sample, isKeyframe, group: sequence };
        }
      }
      group.retire(new MoqError("closed", "Group was written"));
    }
  }
}

function choose<Config extends VideoConfig | AudioConfig>(
  recording: Recording,
  { renditions = {}, wish }: {
    readonly renditions: Readonly<Record<string, Config>> | undefined;
    readonly wish: string | false | undefined;
  },
): RecordedSamples<Config> | undefined {
  if (wish === false) return undefined;
  for (const [name, config] of Object.entries(renditions)) {
    if (wish !== undefined && name !== wish) continue;
    const track = recording.tracks.get(name);
    if (track && track.entries.length > 0) {
      return new RecordedSamples(config, track);
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
  const catalog = recording.catalogs.at(-1)?.catalog ?? {};
  const video = choose(recording, {
    renditions: catalog.video?.renditions,
    wish: choice.video,
  });
  const audio = choose(recording, {
    renditions: catalog.audio?.renditions,
    wish: choice.audio,
  });
  if (video || audio) return { catalog, video, audio };
  throw new MoqError("not-found", "Expected recorded media, there is none");
}
