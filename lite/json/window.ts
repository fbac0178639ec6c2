/**
 * Window mode, written: a bounded run of records with numbers of their own. A
 * group begins with `{"offset": number of the first, "records": all}`, later
 * frames are `{"push": record}` or `{"pop": how many}`.
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

/** Publishes a run of records; it owns the track from here on. The caller bounds it by popping. */
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

  /** Records now. */
  get length(): number {
    return this.#texts.length;
  }

  /** Appends a record; throws `TypeError` when JSON cannot say it. */
  push(record: unknown): void {
    const text = textOf(record);
    this.#texts.push(text);
    this.#write(`{"push":${text}}`);
  }

  /** Drops the `count` oldest records, or as many as there are. */
  pop(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`Expected how many records to drop, got ${count}`);
    }
    const dropped = Math.min(count, this.#texts.length);
    if (dropped === 0) return;
    this.#texts.splice(0, dropped);
    this.#offset += dropped;
    this.#write(`{"pop":${dropped}}`);
  }

  /** Ends the track; with `error` when records were lost. */
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
