/**
 * The samples of a recorded track.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import { openContainer } from "../container/container.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import type { GroupEntry, RecordedTrack } from "./group_log.ts";
import { readGroup } from "./read_group.ts";

/** Reads the samples of the track called `name`, of which `config` says how they are packed; throws as {@linkcode openContainer}. */
export function sampleReader(
  track: Pick<RecordedTrack, "read">,
  { name, config, log }: {
    readonly name: string;
    readonly config: VideoConfig | AudioConfig;
    /** Hears of groups that were damaged on disk, which cost only themselves. */
    readonly log: Logger;
  },
): (entry: GroupEntry) => readonly OrderedSample[] {
  const container = openContainer(config);
  const isAudio = "sampleRate" in config;
  return (entry) => {
    const { sequence: group } = entry;
    try {
      const samples = readGroup(track.read(entry))
        .flatMap(({ payload }) => container.decode(payload));
      return samples.map((sample, index) => ({
        ...sample,
        isKeyframe: isAudio || (sample.isKeyframe ?? index === 0),
        group,
      }));
    } catch (error) {
      const reason = `group ${group}: ${messageOf(error)}`;
      log.warn?.("group left out", { name, error: reason });
      return [];
    }
  };
}
