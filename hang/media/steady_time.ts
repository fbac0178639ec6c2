/**
 * One line of time for the tracks of one input, whatever its clock does: a clock
 * that starts again or jumps ahead goes on from where time was. The tracks shift
 * together, so that picture and sound stay together.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";

// Longer than what codecs reorder and muxers interleave.
const MAX_BACK_US = 2_000_000;
// Sound and keyframes only go forward; encoders round, and parts that were joined overlap by some pictures.
const MAX_OVERLAP_US = 250_000;
const MAX_AHEAD_US = 10_000_000;
// A slide show has long steps, and they are no jumps.
const STEPS_AHEAD = 4;
const MAX_EPOCHS = 64;
// A feed whose clock jumps all the time is named at 1, 2, 4, 8… jumps.
const isNamed = (count: number): boolean => (count & (count - 1)) === 0;

/** What has to be known of a sample. */
export interface TimedSample {
  /** Presentation time in microseconds. */
  readonly timestampUs: number;
  /** Decode time in microseconds, when it is known. */
  readonly decodeUs?: number | undefined;
  /** Length in microseconds, when it is known. */
  readonly durationUs?: number | undefined;
  /** Whether nothing that follows is shown before it. */
  readonly isKeyframe: boolean;
}

/** Options of {@linkcode SteadyTime}. */
export interface SteadyTimeOptions {
  /** A step ahead of more than this is a jump. Default ten seconds. */
  readonly maxAheadUs?: number | undefined;
  /** Hears of jumps. */
  readonly log?: Logger | undefined;
}

interface Epoch {
  readonly number: number;
  readonly offsetUs: number;
}

interface Track {
  epoch: number;
  lastUs: number;
  stepUs: number;
}

/** Made for each input. */
export class SteadyTime {
  readonly #maxAheadUs: number;
  readonly #log: Logger;
  readonly #tracks = new Map<unknown, Track>();
  #epochs: readonly Epoch[] = [{ number: 0, offsetUs: 0 }];
  #frontUs = -Infinity;
  #endUs = -Infinity;
  #jumps = 0;

  /** Time begins with the first sample and is not changed before the first jump. */
  constructor({ maxAheadUs = MAX_AHEAD_US, log }: SteadyTimeOptions = {}) {
    this.#maxAheadUs = maxAheadUs;
    this.#log = log ?? SILENT;
  }

  /** Jumps so far. */
  get jumps(): number {
    return this.#jumps;
  }

  /** Presentation time of the next sample of `track`, in microseconds; `track` is whatever tells it from others. */
  at(track: unknown, sample: TimedSample): number {
    const decodeUs = sample.decodeUs ?? sample.timestampUs;
    const known = this.#tracks.get(track);
    const epoch = known
      ? this.#epochFor(known, { ...sample, decodeUs })
      : this.#epochs.at(-1)!;
    const atUs = decodeUs + epoch.offsetUs;
    const timestampUs = sample.timestampUs + epoch.offsetUs;
    const stepUs = known ? Math.max(0, atUs - known.lastUs) : 0;
    if (known) {
      known.epoch = epoch.number;
      known.lastUs = sample.decodeUs === undefined
        ? Math.max(known.lastUs, atUs)
        : atUs;
      if (stepUs > 0) known.stepUs = stepUs;
    } else {
      this.#tracks.set(track, { epoch: epoch.number, lastUs: atUs, stepUs: 0 });
    }
    this.#frontUs = Math.max(this.#frontUs, atUs);
    const lengthUs = sample.durationUs || known?.stepUs || 0;
    this.#endUs = Math.max(this.#endUs, timestampUs + lengthUs);
    return timestampUs;
  }

  /** The clock that the sample goes by: the one by which it comes closest to the one before it, or another. */
  #epochFor(
    track: Track,
    sample: TimedSample & { readonly decodeUs: number },
  ): Epoch {
    let best: Epoch | undefined;
    let bestUs = Infinity;
    for (const epoch of this.#epochs) {
      if (epoch.number < track.epoch) continue;
      const stepUs = sample.decodeUs + epoch.offsetUs - track.lastUs;
      if (!this.#isStep(track, { stepUs, isKeyframe: sample.isKeyframe })) {
        continue;
      }
      if (Math.abs(stepUs) >= bestUs) continue;
      best = epoch;
      bestUs = Math.abs(stepUs);
    }
    return best ?? this.#jump(track, sample.decodeUs);
  }

  #isStep(
    track: Track,
    { stepUs, isKeyframe }: {
      readonly stepUs: number;
      readonly isKeyframe: boolean;
    },
  ): boolean {
    if (stepUs < 0) {
      return -stepUs <= (isKeyframe ? MAX_OVERLAP_US : MAX_BACK_US);
    }
    const maxUs = Math.max(this.#maxAheadUs, track.stepUs * STEPS_AHEAD);
    // A track that paused comes back where the others are.
    return stepUs <= maxUs || track.lastUs + stepUs <= this.#frontUs + maxUs;
  }

  #jump(track: Track, decodeUs: number): Epoch {
    const before = this.#epochs.at(-1)!;
    const epoch = {
      number: before.number + 1,
      offsetUs: Math.round(Math.max(this.#frontUs, this.#endUs) - decodeUs),
    };
    this.#epochs = [...this.#epochs, epoch].slice(-MAX_EPOCHS);
    this.#jumps++;
    if (isNamed(this.#jumps)) {
      this.#log.warn?.("clock jumped, time goes on", {
        error: `Expected a time near ${
          seconds(track.lastUs - this.#offsetOf(track.epoch))
        }, got ${seconds(decodeUs)} (jump ${this.#jumps})`,
      });
    }
    return epoch;
  }

  #offsetOf(number: number): number {
    const epoch = this.#epochs.find((one) => one.number >= number);
    return epoch?.offsetUs ?? 0;
  }
}

function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(3)} s`;
}
