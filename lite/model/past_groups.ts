/**
 * The groups that were cached when a reader subscribed, as a range of sequences.
 * Groups are looked up one by one, so unread ones cost nothing.
 *
 * @module
 */
import type { GroupProducer } from "./group.ts";
import type { Arrival } from "./track_groups.ts";
import type { SequenceIndex } from "./sequence_index.ts";
import type { GroupsOfTrack } from "./subscribable.ts";

/** Selects the cached groups that a reader starts with. */
interface PastOptions {
  /** `"fresh"` those within `maxAgeMs` of the newest, `"latest"` only the newest, `"all"` from `startGroup` on. */
  readonly from: "fresh" | "latest" | "all";
  /** Age in milliseconds of media time. */
  readonly maxAgeMs: number;
  /** Lowest group wanted. */
  readonly startGroup: number | undefined;
}

/** A range of sequences. */
export interface Bounds {
  /** Lowest group wanted. */
  readonly startGroup?: number | undefined;
  /** Highest group wanted. */
  readonly endGroup?: number | undefined;
}

/** A reader's position in the groups that were cached when it subscribed, by ascending sequence. */
export class PastGroups {
  readonly #index: SequenceIndex<Arrival>;
  /** Arrivals from this number on are newer than the subscription. */
  readonly #before: number;
  readonly #to: number;
  #next: number;

  /** Starts with the groups of `track` that `options` select. */
  constructor(track: GroupsOfTrack, options: PastOptions) {
    this.#index = track.groups.index;
    this.#before = track.groups.arrivals.end;
    const newest = this.#newestPlace();
    this.#to = this.#index.at(newest)?.sequence ?? -1;
    this.#next = this.#firstOf(track, newest, options);
  }

  #newestPlace(): number {
    let place = this.#index.size - 1;
    while (place >= 0 && !this.#isThere(this.#index.at(place)!)) place--;
    return place;
  }

  #firstOf(
    track: GroupsOfTrack,
    newest: number,
    { from, maxAgeMs, startGroup }: PastOptions,
  ): number {
    if (from === "all" && startGroup !== undefined) return startGroup;
    if (from !== "fresh" || maxAgeMs === 0) return this.#to;
    const edge = this.#edgeOf(newest);
    const oldest = edge - ticksOf(track, maxAgeMs);
    // A group is as old as the first frame of the next one: before that it was the live edge.
    const place = this.#index.firstPlace((_, place) =>
      place >= newest ||
      (this.#index.at(place + 1)?.group.firstTimestamp ?? edge) >= oldest
    );
    return this.#index.at(place)?.sequence ?? this.#to;
  }

  /** The newest timestamp; the newest group may have no frame yet. */
  #edgeOf(newest: number): number {
    for (let place = newest; place >= 0; place--) {
      const timestamp = this.#index.at(place)?.group.lastTimestamp;
      if (timestamp !== undefined) return timestamp;
    }
    return 0;
  }

  #isThere({ group, number }: Arrival): boolean {
    return number < this.#before && !group.retired && !group.log.ended?.error;
  }

  /** The next wanted group, if any. Groups below the start are skipped permanently, groups above the end wait. */
  peek(bounds: Bounds): GroupProducer | undefined {
    this.#next = Math.max(this.#next, bounds.startGroup ?? 0);
    if (this.#next > this.#to) return undefined;
    const next = this.waiting(bounds).next().value;
    const passed = next?.sequence ??
      Math.min(this.#to, bounds.endGroup ?? Infinity) + 1;
    this.#next = Math.max(this.#next, passed);
    return next;
  }

  /** Moves past the group that {@linkcode PastGroups.peek} returned. */
  take(): void {
    this.#next++;
  }

  /** The wanted groups, by ascending sequence. */
  *waiting(
    { startGroup = 0, endGroup = Infinity }: Bounds,
  ): Generator<GroupProducer, undefined> {
    const to = Math.min(this.#to, endGroup);
    let place = this.#index.placeOf(Math.max(this.#next, startGroup));
    for (let one; (one = this.#index.at(place)); place++) {
      if (one.sequence > to) return;
      if (this.#isThere(one)) yield one.group;
    }
  }

  /** The wanted groups, by descending sequence. */
  *newestFirst(
    { startGroup = 0, endGroup = Infinity }: Bounds,
  ): Generator<GroupProducer, undefined> {
    const from = Math.max(this.#next, startGroup);
    let place = this.#index.placeOf(Math.min(this.#to, endGroup) + 1) - 1;
    for (let one; (one = this.#index.at(place)); place--) {
      if (one.sequence < from) return;
      if (this.#isThere(one)) yield one.group;
    }
  }
}

/** Milliseconds of media time in ticks of `track`. */
export function ticksOf(track: GroupsOfTrack, ms: number): number {
  return ms * (track.knownInfo?.timescale ?? 1000) / 1000;
}
