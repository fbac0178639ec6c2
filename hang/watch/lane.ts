/**
 * What the video and the audio of a player have in common: where they come
 * from, what they count, and how they begin.
 *
 * @module
 */
import type { BroadcastConsumer, Logger, MoqError } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import { type ArrivalSink, TrackReader } from "../container/track_reader.ts";
import type { LatencyRange } from "./clock/latency.ts";
import type { Choice } from "./quality/select.ts";
import type { PlayoutClock } from "./clock/playout_clock.ts";

const PATIENCE_MS = 500;

/** What a lane is given. */
export interface LaneOptions {
  /** Has the track. */
  readonly broadcast: BroadcastConsumer;
  /** The clock. */
  readonly sync: PlayoutClock;
  /** What to count. */
  readonly counters: Counters;
  /** Hears of problems that were recovered from. */
  readonly log: Logger;
}

/** Plain counters of a player, all lanes together, since it was made. */
export class Counters {
  /** Bytes of samples received. */
  bytes = 0;
  /** Pictures decoded. */
  decodedFrames = 0;
  /** Pictures shown. */
  shownFrames = 0;
  /** Pictures decoded and not shown, because they were late or a newer one was due as well. */
  droppedFrames = 0;
  /** Groups given up because they came too late. */
  skippedGroups = 0;
  /** Pieces of sound decoded. */
  decodedSounds = 0;
}

/** How a lane has ended: `undefined` when it is complete or was closed, else the error; never rejects. */
export async function endOf(
  work: Promise<void>,
  signal: AbortSignal,
): Promise<MoqError | undefined> {
  try {
    await work;
    return undefined;
  } catch (reason) {
    const error = asMoqError(signal.aborted ? signal.reason : reason);
    return error.code === "closed" ? undefined : error;
  }
}

/** Subscribes to a choice from its newest group on; the caller closes the reader. */
export function readChoice<Config extends VideoConfig | AudioConfig>(
  { name, config, container }: Choice<Config, unknown>,
  { broadcast, sync, log, priority, arrivals }: LaneOptions & {
    readonly priority: number;
    readonly arrivals: ArrivalSink;
  },
): TrackReader<Config> {
  sync.joined();
  const subscription = broadcast.track(name).subscribe({
    priority,
    from: "latest",
    maxAgeMs: oldestWantedMs(sync.latency),
  });
  return new TrackReader(subscription, {
    name,
    config,
    container,
    get latencyMs() {
      return sync.holdMs;
    },
    log,
    arrivals,
  });
}

/** How old a group may be to be sent still: where the time may grow, it is worth to wait a little. */
function oldestWantedMs({ minMs, maxMs }: LatencyRange): number {
  return Math.round(Math.max(minMs, Math.min(maxMs, PATIENCE_MS)));
}
