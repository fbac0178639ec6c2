/**
 * Decides when to start a new group of a JSON track: a late reader has to read
 * the whole group, but a new group costs all other readers bytes.
 *
 * @module
 */
import type { MoqError } from "../error.ts";
import type { GroupProducer } from "../model/group.ts";
import type { TrackProducer } from "../model/track.ts";
import type { Compression } from "./compression.ts";
import { GroupEncoder, type ProduceJsonOptions } from "./frame.ts";

const DEFAULT_RATIO = 8;
const MAX_FRAMES = 256;

/** Writes texts into groups that stay short. */
export class GroupWriter {
  readonly #track: TrackProducer;
  readonly #compression: Compression | undefined;
  readonly #ratio: number;
  #group: GroupProducer | undefined;
  #encoder: GroupEncoder;
  #firstBytes = 0;
  #laterBytes = 0;

  /** Writes to `track`, which it closes. */
  constructor(track: TrackProducer, options: ProduceJsonOptions) {
    this.#track = track;
    this.#compression = options.compression;
    this.#ratio = options.deltaRatio ?? DEFAULT_RATIO;
    this.#encoder = new GroupEncoder(this.#compression);
  }

  /** Whether the next frame may go into the open group; `false` after a failed write. */
  get hasRoom(): boolean {
    return this.#group !== undefined && this.#ratio > 0 &&
      !this.#group.retired && this.#group.frameCount < MAX_FRAMES &&
      this.#laterBytes <= this.#ratio * this.#firstBytes;
  }

  /** Starts a group with `text`. */
  begin(text: string): void {
    this.#group?.close();
    this.#group = undefined;
    this.#encoder = new GroupEncoder(this.#compression);
    const payload = this.#encoder.frame(text);
    const group = this.#track.group();
    group.writeFrame({ timestamp: 0, payload });
    this.#firstBytes = payload.byteLength;
    this.#laterBytes = 0;
    if (this.#ratio > 0) this.#group = group;
    else group.close();
  }

  /** Adds `text` to the group; only while {@linkcode GroupWriter.hasRoom}. */
  add(text: string): void {
    const group = this.#group!;
    // If this throws, the coder is ahead of the wire and only a new group helps.
    this.#group = undefined;
    const payload = this.#encoder.frame(text);
    group.writeFrame({ timestamp: 0, payload });
    this.#laterBytes += payload.byteLength;
    this.#group = group;
  }

  /** Ends the group and the track. */
  close(error: MoqError | undefined): void {
    this.#group?.close(error);
    this.#track.close(error);
  }
}
