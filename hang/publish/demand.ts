/**
 * Whether a track has subscribers, as a signal.
 *
 * @module
 */
import type { TrackProducer } from "@moq-deno/lite";
import { running } from "../signals/lasting.ts";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";

/** Follows the demand for `track` until that ends. */
export function watchDemand(track: TrackProducer): ReadonlySignal<boolean> {
  const isWanted = new Signal(false);
  running(() => runDemand(track, isWanted)); // ends with the track
  return isWanted;
}

async function runDemand(
  { demand, track }: TrackProducer,
  isWanted: Signal<boolean>,
): Promise<void> {
  while (!track.ended) {
    isWanted.set(demand.subscribers > 0);
    await demand.changed();
  }
  isWanted.set(false);
}
