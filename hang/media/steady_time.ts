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
// Tracks of one clock begin closer together, however they are interleaved.
const MAX_APART_US = 5_000_000;
// A slide show has long steps, and they are no jumps.
const STEPS_AHEAD = 4;
const MAX_EPOCHS = 64;
// A feed whose clock jumps all the time is named at 1, 2, 4, 8… jumps.
const isNamed = (count: number): boolean => (count & (count - 1)) === 0;

/** What has to be known of a sample. */
interface TimedSample {
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
interface SteadyTimeOptions {
  /** A step ahead of more than this is a jump. Default ten seconds. */
  readonly maxAheadUs?: number | undefined;
  /** Whether samples come in the order of the input, so that a track that begins far from the others has another clock. Default false. */
  readonly isInterleaved?: boolean | undefined;
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
  /** The clock before the last jump, and its time then. */
  left?: { readonly epoch: Epoch; readonly decodeUs: number } | undefined;
}

/** Made for each input. */
export class SteadyTime {
  readonly #maxAheadUs: number;
  readonly #isInterleaved: boolean;
  readonly #log: Logger;
  readonly #tracks = new Map<unknown, Track>();
  #epochs: readonly Epoch[] = [{ number: 0, offsetUs: 0 }];
  #frontUs = -Infinity;
  #endUs = -Infinity;
  #jumps = 0;

  /** Time begins with the first sample and is not changed before the first jump. */
  constructor(options: SteadyTimeOptions = {}) {
    const { maxAheadUs = MAX_AHEAD_US, isInterleaved = false, log } = options;
    this.#maxAheadUs = maxAheadUs;
    this.#isInterleaved = isInterleaved;
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
      : this.#firstEpoch(decodeUs);
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
    if (best) return best;
    const { decodeUs } = sample;
    const former = this.#formerEpoch(track, decodeUs);
    if (former) {
      track.left = undefined;
      return former;
    }
    const epoch = this.#epochOf(track.epoch);
    const leftUs = track.lastUs - epoch.offsetUs;
    track.left = { epoch, decodeUs: leftUs };
    return this.#jumpTo(decodeUs, leftUs);
  }

  /** The newest clock by which a track that begins is near the others. */
  #firstEpoch(decodeUs: number): Epoch {
    const newest = this.#epochs.at(-1)!;
    if (this.#frontUs === -Infinity) return newest;
    const near = this.#epochs.findLast(({ offsetUs }) =>
      Math.abs(decodeUs + offsetUs - this.#frontUs) <= MAX_APART_US
    );
    if (near) return near;
    return this.#isInterleaved
      ? this.#jumpTo(decodeUs, this.#frontUs - newest.offsetUs)
      : newest;
  }

  /** The clock that `track` left, when one sample of it was damaged and this one goes on where it was. */
  #formerEpoch(
    { left, lastUs }: Track,
    decodeUs: number,
  ): Epoch | undefined {
    if (!left || decodeUs <= left.decodeUs) return undefined;
    const stepUs = decodeUs + left.epoch.offsetUs - lastUs;
    const isStep = stepUs >= -MAX_BACK_US && stepUs <= this.#maxAheadUs;
    return isStep ? left.epoch : undefined;
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

  #jumpTo(decodeUs: number, expectedUs: number): Epoch {
    const before = this.#epochs.at(-1)!;
    const epoch = {
      number: before.number + 1,
      offsetUs: Math.round(Math.max(this.#frontUs, this.#endUs) - decodeUs),
    };
    this.#epochs = [...this.#epochs, epoch].slice(-MAX_EPOCHS);
    this.#jumps++;
    if (isNamed(this.#jumps)) {
      this.#log.warn?.("clock jumped, time goes on", {
        error: `Expected a time near ${seconds(expectedUs)}, got ${
          seconds(decodeUs)
        } (jump ${this.#jumps})`,
      });
    }
    return epoch;
  }

  #epochOf(number: number): Epoch {
    return this.#epochs.find((one) => one.number >= number) ??
      this.#epochs.at(-1)!;
  }
}

function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(3)} s`;
}
