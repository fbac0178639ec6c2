/**
 * Which rendition of the video to play: the one named by hand, else the
 * smallest that fills the place where it is shown, and of those no larger one
 * than network and machine keep up with.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import type { Size, VideoConfig } from "../../catalog/catalog.ts";
import { AdaptiveBitrate } from "./abr.ts";
import {
  type AbrContext,
  type AbrMeasures,
  abrOpinions,
  USABLE_SHARE,
} from "./abr_inputs.ts";
import type { VideoChoice } from "./select.ts";

/** What a rendition is picked by. */
interface PickWishes {
  /** Track name of the one that was named by hand. */
  readonly byHand: string | undefined;
  /** Device pixels of the place where it is shown; unknown means any size. */
  readonly size: Size | undefined;
}

// A picture that is a little too small for its place looks the same.
const SIZE_TOLERANCE = 0.9;

/** The renditions that make sense at `size`, smallest first: none that is larger than the first which fills it, and none that the publisher calls stalled where there is another. */
export function ladderFor(
  choices: readonly VideoChoice[],
  size: Size | undefined,
): readonly VideoChoice[] {
  const going = choices.filter(({ config }) => config.stalled !== true);
  const all = going.length > 0 ? going : choices;
  if (!size) return all;
  const top = all.findIndex(({ config }) => fills(config, size));
  return top < 0
    ? all
    : all.filter(({ config }, index) =>
      index <= top || config.codedWidth === all[top]!.config.codedWidth
    );
}

// `contain` leaves bars on one side, so that one side being filled is enough.
function fills(
  { codedWidth = 0, codedHeight = 0 }: VideoConfig,
  { width, height }: Size,
): boolean {
  return codedWidth >= width * SIZE_TOLERANCE ||
    codedHeight >= height * SIZE_TOLERANCE;
}

/** Picks, and learns from how playback goes. */
export class RenditionPicker {
  readonly #log: Logger;
  readonly #abr = new AdaptiveBitrate();
  #choices: readonly VideoChoice[] = [];
  #wishes: PickWishes = { byHand: undefined, size: undefined };
  #bandwidthBps: number | undefined;
  // The largest that is kept up with; all are while it is not set.
  #limit: string | undefined;

  /** `log` hears of each change and which inputs brought it. */
  constructor(log: Logger) {
    this.#log = log;
  }

  /** The one to play out of `choices`, smallest first; `undefined` out of none. */
  pick(
    choices: readonly VideoChoice[],
    wishes: PickWishes,
  ): VideoChoice | undefined {
    this.#choices = choices;
    this.#wishes = wishes;
    return this.picked;
  }

  /** The one to play now. */
  get picked(): VideoChoice | undefined {
    const named = this.#choices.find(({ name }) =>
      name === this.#wishes.byHand
    );
    if (named) return named;
    const ladder = this.#ladder();
    return ladder[this.#limitOf(ladder)];
  }

  /** Looks at how playback goes, about twice a second. */
  look(
    measures: AbrMeasures,
    { maxHoldMs, nowMs }: {
      readonly maxHoldMs: number;
      readonly nowMs: number;
    },
  ): void {
    this.#bandwidthBps = measures.bandwidthBps || undefined;
    const ladder = this.#ladder();
    const at = this.#limitOf(ladder);
    const context: AbrContext = {
      maxHoldMs,
      bitrateBps: ladder[at]?.config.bitrate,
      nextBitrateBps: ladder[at + 1]?.config.bitrate,
    };
    const opinions = abrOpinions(measures, context);
    const { direction, because } = this.#abr.decide(opinions, nowMs);
    if (direction === "stay" || this.picked?.name !== ladder[at]?.name) return;
    const next = direction === "up" ? at + 1 : this.#below(ladder, at);
    if (!ladder[next] || next === at) return;
    this.#limit = next === ladder.length - 1 ? undefined : ladder[next].name;
    this.#abr.changed(direction, nowMs);
    this.#log.info?.("rendition changed", {
      to: ladder[next].name,
      direction,
      because: because.join(),
    });
  }

  /** Playback was interrupted: what was measured says nothing about what comes. */
  interrupted(nowMs: number): void {
    this.#abr.interrupted(nowMs);
  }

  #ladder(): readonly VideoChoice[] {
    return ladderFor(this.#choices, this.#wishes.size);
  }

  #limitOf(ladder: readonly VideoChoice[]): number {
    const at = ladder.findIndex(({ name }) => name === this.#limit);
    return at < 0 ? ladder.length - 1 : at;
  }

  /** The next smaller one, or the first below it that the path is known to carry. */
  #below(ladder: readonly VideoChoice[], at: number): number {
    const usableBps = (this.#bandwidthBps ?? Infinity) * USABLE_SHARE;
    let next = Math.max(0, at - 1);
    while (next > 0 && (ladder[next]?.config.bitrate ?? 0) > usableBps) next--;
    return next;
  }
}
