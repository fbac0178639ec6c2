/**
 * What every container carries: encoded samples with a presentation time.
 *
 * @module
 */

/** One encoded picture or piece of sound. */
export interface Sample {
  /** Presentation time in microseconds, an integer from 0. */
  readonly timestampUs: number;
  /** Codec bytes: a view that must not be changed. */
  readonly data: Uint8Array;
  /** Length in microseconds, where the container says so. */
  readonly durationUs?: number;
  /** Whether decoding can begin here, where the container says so; else the first sample of a group. */
  readonly isKeyframe?: boolean;
}

/** Packs samples into the payloads of frames and back. Stateless: one serves all groups of a track. */
export interface Container {
  /** Its name in the catalog. */
  readonly kind: "legacy" | "loc" | "cmaf";
  /** The payload of a frame with this one sample. */
  encode(sample: Sample): Uint8Array;
  /** The samples in a payload in decode order, none for an end marker; throws `MoqError("decode")`. */
  decode(payload: Uint8Array): readonly Sample[];
}
