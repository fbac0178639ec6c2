/**
 * Compression for JSON tracks. A group is one raw DEFLATE stream (RFC 1951) with
 * a sync flush after each frame; the marker `00 00 ff ff` at the end of every
 * flush is not sent, as in RFC 7692 section 7.2.1.
 *
 * @module
 */

/** Compresses or decompresses one group: earlier frames are context for later ones. */
export interface FrameCoder {
  /** Converts the next frame, in order; throws if it cannot. */
  frame(bytes: Uint8Array): Uint8Array;
}

/** Makes coders; the program provides one from its runtime or a library. */
export interface Compression {
  /** A compressor for one group. */
  deflate(): FrameCoder;
  /** A decompressor for one group; throws for a frame that would exceed `maxBytes`, before it is in memory. */
  inflate(maxBytes: number): FrameCoder;
}
