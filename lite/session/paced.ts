/**
 * Pauses in loops over a peer's items: queued items would be read without giving
 * other sessions a turn.
 *
 * @module
 */
import { type Clock, sleep } from "../time.ts";

/** Options of {@linkcode paced}. */
interface PacedOptions {
  /** Provides turns of the event loop. */
  readonly clock: Clock;
  /** Items between two pauses. */
  readonly atOnce: number;
}

/** The items of `source`, with a turn of the event loop after every `atOnce` of them. */
export async function* paced<T>(
  source: AsyncIterable<T>,
  { clock, atOnce }: PacedOptions,
): AsyncGenerator<T, void> {
  let taken = 0;
  for await (const item of source) {
    yield item;
    if (++taken % atOnce === 0) await sleep(clock, 0);
  }
}
