/**
 * What reading JSON from a peer may cost. A peer chooses how much work a few
 * bytes cause: a patch of ten bytes to a value of many fields, a frame that
 * inflates a thousandfold. So work is counted, not bytes alone.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, sleep } from "../time.ts";

/** Most fields and array elements of one value, unless the reader sets another bound. */
export const MAX_JSON_FIELDS = 1 << 18;
/** How often the frames of one group may make a reader walk through a value with as many fields as it allows. */
export const MAX_WALKS_PER_GROUP = 1024;

// One unit is about a microsecond of parsing, checking, copying and handing out one field.
const UNITS_PER_MS = 1000;
// So much work is done before the event loop has its turn; less than one picture lasts.
const TURN_MS = 8;
const BYTES_PER_UNIT = 64;

/** Options of {@linkcode WorkMeter}. */
export interface WorkMeterOptions {
  /** Time. */
  readonly clock: Clock;
  /** Most work for one group; more throws. */
  readonly maxUnits: number;
}

/**
 * Counts the work of one reader. A reader rests as long as it has worked, so that it takes half a processor at most
 * and never holds the event loop for long.
 */
export class WorkMeter {
  readonly #clock: Clock;
  readonly #maxUnits: number;
  #units = 0;
  #restedAt = -Infinity;

  /** Has done nothing so far. */
  constructor({ clock, maxUnits }: WorkMeterOptions) {
    this.#clock = clock;
    this.#maxUnits = maxUnits;
  }

  /** Work done for the current group. */
  get units(): number {
    return this.#units;
  }

  /** Starts the count for the next group; rest that is due stays due. */
  beginGroup(): void {
    this.#units = 0;
  }

  /** Counts `fields` that were visited and `bytes` of text; throws `MoqError("too-large")` beyond the group's bound. */
  charge(fields: number, bytes = 0): void {
    const units = fields + Math.ceil(bytes / BYTES_PER_UNIT);
    this.#units += units;
    const now = this.#clock.now();
    this.#restedAt = Math.max(this.#restedAt, now) + units / UNITS_PER_MS;
    if (this.#units <= this.#maxUnits) return;
    throw new MoqError(
      "too-large",
      `Expected a group of JSON that takes at most ${this.#maxUnits} steps to read, got more`,
    );
  }

  /** Gives others their turn when enough work has been done; throws `signal.reason`. */
  async rest(signal?: AbortSignal): Promise<void> {
    const ms = this.#restedAt - this.#clock.now();
    if (ms >= TURN_MS) await sleep(this.#clock, ms, signal);
  }
}
