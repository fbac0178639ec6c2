/**
 * A recording as media for a file: its samples as fast as they are written.
 *
 * @module
 */
import { type Logger, MoqError } from "@moq-deno/lite";
import { asMoqError, SILENT } from "@moq-deno/lite/internal";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import { openContainer } from "../container/container.ts";
import type { Container, Sample } from "../container/sample.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import type { SampleReader, WritableMedia } from "../media/write.ts";
import type { GroupEntry } from "./group_log.ts";
import { readGroup } from "./read_group.ts";
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
class RecordedSamples<Config extends VideoConfig | AudioConfig>
  implements SampleReader<Config> {
  readonly config: Config;
  readonly #name: string;
  readonly #track: RecordingTrack;
  readonly #recording: Recording;
  readonly #log: Logger;

  constructor(
    config: Config,
    { name, track, recording, log }: {
      readonly name: string;
      readonly track: RecordingTrack;
      readonly recording: Recording;
      readonly log: Logger;
    },
  ) {
    this.config = config;
    this.#name = name;
    this.#track = track;
    this.#recording = recording;
    this.#log = log;
  }

  async *samples(signal?: AbortSignal): AsyncGenerator<OrderedSample, void> {
    const container = openContainer(this.config);
    const isAudio = "sampleRate" in this.config;
    const offsetsUs = this.#recording.offsetsUs();
    const { log } = this.#track;
    const entries = log.entries
      .map((entry, index) => ({
        entry,
        take: this.#recording.takeOf(this.#track, index),
      }))
      .sort((one, other) => one.entry.sequence - other.entry.sequence);
    for (const { entry, take } of entries) {
      signal?.throwIfAborted();
      const group = entry.sequence;
      const offsetUs = Math.round(offsetsUs[take] ?? 0);
      for (const [index, sample] of this.#read(entry, container).entries()) {
        yield {
          ...sample,
          timestampUs: Math.max(0, sample.timestampUs + offsetUs),
          isKeyframe: sample.isKeyframe ?? (isAudio || index === 0),
          group,
        };
      }
    }
  }

  /** The samples of one group, none when it was damaged. */
  #read(entry: GroupEntry, container: Container): readonly Sample[] {
    const { log } = this.#track;
    try {
      return readGroup(log.read(entry))
        .flatMap(({ payload }) => container.decode(payload));
    } catch (error) {
      this.#log.warn?.("group left out", {
        name: this.#name,
        error: `group ${entry.sequence}: ${asMoqError(error).message}`,
      });
      return [];
    }
  }
}

function choose<Config extends VideoConfig | AudioConfig>(
  recording: Recording,
  { renditions = {}, wish, log }: {
    readonly renditions: Readonly<Record<string, Config>> | undefined;
    readonly wish: string | false | undefined;
    readonly log: Logger;
  },
): RecordedSamples<Config> | undefined {
  if (wish === false) return undefined;
  for (const [name, config] of Object.entries(renditions)) {
    if (wish !== undefined && name !== wish) continue;
    const track = recording.tracks.get(name);
    if (track && track.log.entries.length > 0) {
      return new RecordedSamples(config, { name, track, recording, log });
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
