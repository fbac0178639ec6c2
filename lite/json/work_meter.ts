/**
 * Limits the work of reading JSON from a peer. A few bytes can cause much work:
 * a patch of ten bytes to a value of many fields, a frame that inflates a
 * thousandfold. So work is counted, not only bytes.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, sleep } from "../time.ts";

/** Default limit of fields and array elements of one value. */
export const MAX_JSON_FIELDS: number = 1 << 18;
/** How often the frames of one group may make a reader walk a value of the largest size. */
export const MAX_WALKS_PER_GROUP = 1024;

// One unit is about half a microsecond: parsing, checking, copying and handing out one field.
const UNITS_PER_REST_MS = 500;
// A reader that does no more than this never pauses.
const FREE_UNITS_PER_MS = 10;
// Work between two turns of the event loop; less than the duration of one picture.
const TURN_UNITS = 4000;
const BYTES_PER_UNIT = 64;
// A frame of this many bytes is read in its own turn.
const LARGE_BYTES = 32 << 10;

// When the last pause of all readers ends: they pause one after the other, since they share a processor and a clock.
const restedUntil: WeakMap<Clock, number> = new WeakMap();

/**
 * Counts the work of one reader. A reader that did much work pauses about three times as long, after the pauses of other
 * such readers, so that all of them together use a part of a processor and none blocks the event loop for long. A reader
 * with little work does not wait for the others.
 */
export class WorkMeter {
  readonly #clock: Clock;
  readonly #maxUnits: number;
  #units = 0;
  #owed = 0;
  #countedAt: number;

  /** Starts at zero; more than `maxUnits` for one group throws. */
  constructor(clock: Clock, maxUnits: number) {
    this.#clock = clock;
    this.#maxUnits = maxUnits;
    this.#countedAt = clock.now();
  }

  /** Work done for the current group. */
  get units(): number {
    return this.#units;
  }

  /** Restarts the count for the next group; pauses that are due stay due. */
  beginGroup(): void {
    this.#units = 0;
  }

  /** Counts `fields` visited and `bytes` of text; throws `MoqError("too-large")` over the group's limit. */
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
      `Reading a group of JSON takes more than ${this.#maxUnits} steps`,
    );
  }

  /** Pauses before a frame of `bytes` is read, if enough work was done; throws `signal.reason`. */
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
