/**
 * Which encodings a picture of some size is worth: their sizes, rates and
 * bitrates.
 *
 * @module
 */
import type { Size } from "../catalog/catalog.ts";

/** What is asked of one rendition; bounds that are left out do not bind. */
export interface RenditionSpec {
  /** Name of its track. */
  readonly name: string;
  /** Most pixels of a picture. */
  readonly maxPixels?: number | undefined;
  /** Most pixels as a share of the source's, above 0 and up to 1. */
  readonly maxShare?: number | undefined;
  /** Most pictures per second; others are dropped before they are encoded. */
  readonly maxFramerate?: number | undefined;
  /** Most bits per second. Default what the size asks for. */
  readonly maxBitrateBps?: number | undefined;
  /** Beginning of the codec string, as in "vp09". Default the best that there is. */
  readonly codec?: string | undefined;
}

/** One encoding as it is going to be. */
export interface RenditionPlan extends RenditionSpec, Size {
  /** Pictures per second. */
  readonly framerate: number;
  /** Beginning of the codec string; `""` for any. */
  readonly codec: string;
}

/** The whole picture, and a quarter of it for small views and thin paths. */
export const SIMULCAST: readonly RenditionSpec[] = [
  { name: "video/hd", maxPixels: 1920 * 1080 },
  { name: "video/sd", maxPixels: 640 * 360, maxShare: 0.25 },
];

/** The whole picture alone. */
export const SINGLE: readonly RenditionSpec[] = SIMULCAST.slice(0, 1);

const MIN_PIXELS = 160 * 90;
const DEFAULT_FRAMERATE = 30;
// A rendition this much like the one before is not worth a second encoder.
const TOO_ALIKE = 0.7;
const BITS_PER_PIXEL = 0.07;
const CODEC_FACTOR: readonly (readonly [prefix: string, factor: number])[] = [
  ["avc", 1],
  ["vp8", 1.1],
  ["vp09", 0.8],
  ["av01", 0.65],
];

/** The renditions of `specs` that make sense for a source of this size, the first one always. */
export function planRenditions(
  specs: readonly RenditionSpec[],
  { width, height, framerate = DEFAULT_FRAMERATE }: Size & {
    readonly framerate?: number | undefined;
  },
): RenditionPlan[] {
  const plans: RenditionPlan[] = [];
  let previous = Infinity;
  for (const spec of specs) {
    const size = fit({ width, height }, pixelsOf(spec, width * height));
    const pixels = size.width * size.height;
    const isWorthIt = pixels >= MIN_PIXELS && pixels <= previous * TOO_ALIKE;
    if (plans.length > 0 && !isWorthIt) continue;
    previous = pixels;
    plans.push({
      ...spec,
      ...size,
      framerate: Math.min(framerate, spec.maxFramerate ?? Infinity),
      codec: spec.codec ?? "",
    });
  }
  return plans;
}

/** Bits per second at which such a picture looks well with this codec. */
export function bitrateFor(
  { width, height, framerate, maxBitrateBps }: RenditionPlan,
  codec: string,
): number {
  const [, factor] =
    CODEC_FACTOR.find(([prefix]) => codec.startsWith(prefix)) ?? [codec, 1];
  // Twice the pictures differ half as much from each other.
  const rate = framerate > 30 ? 30 + (framerate - 30) / 2 : framerate;
  const bitrateBps = width * height * BITS_PER_PIXEL * rate * factor;
  return Math.round(Math.min(bitrateBps, maxBitrateBps ?? Infinity));
}

function pixelsOf(spec: RenditionSpec, source: number): number {
  return Math.min(
    spec.maxPixels ?? Infinity,
    source * (spec.maxShare ?? 1),
    source,
  );
}

/** The largest even size of the same shape with at most about `pixels`; what fits already stays. */
function fit({ width, height }: Size, pixels: number): Size {
  const scale = Math.sqrt(pixels / (width * height));
  const even = (length: number) =>
    Math.max(2, 2 * Math.round(length * scale / 2));
  return { width: even(width), height: even(height) };
}
