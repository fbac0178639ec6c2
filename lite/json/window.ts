/**
 * Writer of window mode: the newest records of a log, numbered. A group starts
 * with `{"offset": number of the first, "records": all}`, later frames are
 * `{"push": record}` or `{"pop": how many}`.
 *
 * @module
 */
import type { MoqError } from "../error.ts";
import type { TrackProducer } from "../model/track.ts";
import { type ProduceJsonOptions, textOf } from "./frame.ts";
import { GroupWriter } from "./group_writer.ts";

/** Options of {@linkcode WindowProducer}. */
export interface ProduceWindowOptions extends ProduceJsonOptions {
  /** Number of the first record. Default 0. */
  readonly offset?: number | undefined;
}

/** Publishes a window of records; owns its track. The caller limits its size with `pop`. */
export class WindowProducer {
  readonly #writer: GroupWriter;
  readonly #texts: string[] = [];
  #offset: number;

  /** Publishes nothing before the first record. */
  constructor(track: TrackProducer, options: ProduceWindowOptions = {}) {
    this.#writer = new GroupWriter(track, options);
    this.#offset = options.offset ?? 0;
  }

  /** Number of the oldest record. */
  get offset(): number {
    return this.#offset;
  }

  /** Number of records in the window. */
  get length(): number {
    return this.#texts.length;
  }

  /** Appends a record; throws `TypeError` if JSON cannot represent it. */
  push(record: unknown): void {
    const text = textOf(record);
    this.#texts.push(text);
    this.#write(`{"push":${text}}`);
  }

  /** Drops the `count` oldest records, or all if there are fewer. */
  pop(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`Cannot drop ${count} records`);
    }
    const dropped = Math.min(count, this.#texts.length);
    if (dropped === 0) return;
    this.#texts.splice(0, dropped);
    this.#offset += dropped;
    this.#write(`{"pop":${dropped}}`);
  }

  /** Ends the track; with `error` if records were lost. */
  close(error?: MoqError): void {
    this.#writer.close(error);
  }

  #write(change: string): void {
    if (this.#writer.hasRoom) return this.#writer.add(change);
    this.#writer.begin(
      `{"offset":${this.#offset},"records":[${this.#texts.join(",")}]}`,
    );
  }
}
