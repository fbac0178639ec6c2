/**
 * What a recording may hold: one set of bounds, kept by the writer and counted
 * on by the reader.
 *
 * @module
 */

/** Most tracks, over all takes. */
export const MAX_RECORDED_TRACKS = 1024;
/** Most tracks that one take follows. */
export const MAX_TRACKS_PER_TAKE = 256;
/** Most stretches without an interruption. */
export const MAX_TAKES = 10_000;
/** Most places where takes begin within tracks, which is takes times tracks. */
export const MAX_TRACK_TAKES = 1_000_000;
/** Most bytes of a track's name in UTF-8. */
export const MAX_TRACK_NAME_BYTES = 4096;
/** Most catalogs that are kept as they came; the newest one is always kept. */
export const MAX_CATALOGS = 1000;
/** Most bytes of these catalogs. */
export const MAX_CATALOG_LOG_BYTES = 16 << 20;
/** Most bytes of the text that names all of this. */
export const MAX_MANIFEST_BYTES = 256 << 20;
/** Most bytes of a track's groups: an entry of the index has 48 bits for the place. */
export const MAX_TRACK_BYTES = 2 ** 48 - 1;

/**
 * The highest number that a publisher's group may have when `base` is added to it in the recording: half of what is
 * left, so that no publisher can use up the numbers of those who follow.
 */
export function maxSequence(base: number): number {
  return Math.floor((Number.MAX_SAFE_INTEGER - base) / 2);
}
