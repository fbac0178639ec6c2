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
export const MAX_JSON_FIELDS: number = 1 << 18;
/** How often the frames of one group may make a reader walk through a value with as many fields as it allows. */
export const MAX_WALKS_PER_GROUP = 1024;

// One unit is about half a microsecond of parsing, checking, copying and handing out one field.
const UNITS_PER_REST_MS = 500;
// A reader that does no more than this never rests.
const FREE_UNITS_PER_MS = 10;
// So much work is done before the event loop has its turn; less than one picture lasts.
const TURN_UNITS = 4000;
const BYTES_PER_UNIT = 64;
// A frame of so many bytes is read in a turn of its own.
const LARGE_BYTES = 32 << 10;

// Until when readers rest, one after the other: those of one page or process share its processor, and its clock.
const restedUntil: WeakMap<Clock, number> = new WeakMap();

/** Options of {@linkcode WorkMeter}. */
export interface WorkMeterOptions {
  /** Time. */
  readonly clock: Clock;
  /** Most work for one group; more throws. */
  readonly maxUnits: number;
}

/**
 * Counts the work of one reader. A reader that has worked much rests some three times as long, after the rest of others
 * that have, so that all of them together take a part of a processor and none holds the event loop for long. One that has
 * little to do does not wait for the others.
 */
export class WorkMeter {
  readonly #clock: Clock;
  readonly #maxUnits: number;
  #units = 0;
  #owed = 0;
  #countedAt: number;

  /** Has done nothing so far. */
  constructor({ clock, maxUnits }: WorkMeterOptions) {
    this.#clock = clock;
    this.#maxUnits = maxUnits;
    this.#countedAt = clock.now();
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
    const free = (now - this.#countedAt) * FREE_UNITS_PER_MS;
    this.#owed = Math.max(0, this.#owed - free) + units;
    this.#countedAt = now;
    if (this.#units <= this.#maxUnits) return;
    throw new MoqError(
      "too-large",
      `Expected a group of JSON that takes at most ${this.#maxUnits} steps to read, got more`,
    );
  }

  /** Before a frame of `bytes` is read: gives others their turn when enough work has been done; throws `signal.reason`. */
  async rest(bytes: number, signal?: AbortSignal): Promise<void> {
    const clock = this.#clock;
    if (this.#owed < TURN_UNITS) {
      if (bytes >= LARGE_BYTES) await sleep(clock, 0, signal);
      return;
    }
    const now = clock.now();
    const ms = this.#owed / UNITS_PER_REST_MS;
    const until = Math.max(now, restedUntil.get(clock) ?? now) + ms;
    this.#owed = 0;
    restedUntil.set(clock, until);
    await sleep(clock, until - now, signal);
  }
}
