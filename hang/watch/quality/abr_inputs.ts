/**
 * What speaks for a smaller or a larger rendition: five inputs, each of which
 * knows one number and may have no opinion. None of them remembers anything.
 *
 * @module
 */

/** For a smaller rendition, for staying, for a larger one; `undefined` is no opinion. */
export type Opinion = "down" | "stay" | "up" | undefined;

/** What was measured since the look before; what is not known is `undefined`. */
export interface AbrMeasures {
  /** How much later than the fastest all but the odd sample came, in milliseconds. */
  readonly jitterMs: number | undefined;
  /** Share of pictures that came too late to be shown, 0 to 1. */
  readonly lateRatio: number | undefined;
  /** By how much the media that waits to be shown has grown, in milliseconds per second. */
  readonly bufferTrend: number | undefined;
  /** Pictures that wait for the decoder. */
  readonly decodeQueue: number | undefined;
  /** What the path carries, in bits per second; 0 is unknown too. */
  readonly bandwidthBps: number | undefined;
}

/** What the measures are held against. */
export interface AbrContext {
  /** The longest time that media may be held, in milliseconds. */
  readonly maxHoldMs: number;
  /** Bits per second of the rendition that plays; `undefined` when the catalog does not say. */
  readonly bitrateBps: number | undefined;
  /** The same of the next larger one. */
  readonly nextBitrateBps: number | undefined;
}

/** Names of the inputs. */
export type AbrInput =
  | "jitter"
  | "late"
  | "buffer"
  | "decoder"
  | "bandwidth";

// A path that is not full jitters by less.
const MUCH_JITTER_MS = 400;
const MANY_LATE = 0.1;
const FEW_LATE = 0.02;
// It empties by so many milliseconds per second.
const EMPTYING = -150;
const MANY_QUEUED = 12;
const FEW_QUEUED = 4;
/** How much of what the path carries a rendition may take. */
export const USABLE_SHARE = 0.8;

/** Jitter: samples wait in a queue somewhere on their way. */
export function jitterOpinion(
  { jitterMs }: AbrMeasures,
  { maxHoldMs }: AbrContext,
): Opinion {
  if (jitterMs === undefined) return undefined;
  const limitMs = Math.min(MUCH_JITTER_MS, Math.max(50, maxHoldMs * 1.5));
  if (jitterMs > limitMs) return "down";
  return jitterMs < limitMs / 2 ? "up" : "stay";
}

/** Late pictures: too much for the network or for this machine. */
export function lateOpinion({ lateRatio }: AbrMeasures): Opinion {
  if (lateRatio === undefined) return undefined;
  if (lateRatio > MANY_LATE) return "down";
  return lateRatio < FEW_LATE ? "up" : "stay";
}

/** The buffer's trend: less comes than is shown. */
export function bufferOpinion({ bufferTrend }: AbrMeasures): Opinion {
  if (bufferTrend === undefined) return undefined;
  if (bufferTrend < EMPTYING) return "down";
  return bufferTrend > EMPTYING / 3 ? "up" : "stay";
}

/** The decoder's queue: this machine does not keep up. */
export function decoderOpinion({ decodeQueue }: AbrMeasures): Opinion {
  if (decodeQueue === undefined) return undefined;
  if (decodeQueue > MANY_QUEUED) return "down";
  return decodeQueue <= FEW_QUEUED ? "up" : "stay";
}

/** The path's rate against what is asked of it; no opinion where either is unknown. */
export function bandwidthOpinion(
  { bandwidthBps }: AbrMeasures,
  { bitrateBps, nextBitrateBps }: AbrContext,
): Opinion {
  if (!bandwidthBps) return undefined;
  if (bitrateBps && bitrateBps > bandwidthBps) return "down";
  if (nextBitrateBps === undefined) return undefined;
  return nextBitrateBps <= bandwidthBps * USABLE_SHARE ? "up" : "stay";
}

/** All opinions, by input. */
export function abrOpinions(
  measures: AbrMeasures,
  context: AbrContext,
): Readonly<Record<AbrInput, Opinion>> {
  return {
    jitter: jitterOpinion(measures, context),
    late: lateOpinion(measures),
    buffer: bufferOpinion(measures),
    decoder: decoderOpinion(measures),
    bandwidth: bandwidthOpinion(measures, context),
  };
}
