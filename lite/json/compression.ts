/**
 * What JSON tracks need of a compression. A group is one raw DEFLATE stream
 * (RFC 1951) with a sync flush after each frame; the marker `00 00 ff ff` that
 * ends every flush is not on the wire, as in RFC 7692 section 7.2.1.
 *
 * @module
 */

/** One direction of one group: what it has seen of earlier frames is context for the next. */
export interface FrameCoder {
  /** The frame on the other side. Frames go through in their order; throws when that cannot be done. */
  frame(bytes: Uint8Array): Uint8Array;
}

/** Makes coders; a program hands in one that its runtime or a library has. */
export interface Compression {
  /** Begins a group that is written. */
  deflate(): FrameCoder;
  /** Begins a group that is read; a frame that would become larger than `maxBytes` throws before it is in memory. */
  inflate(maxBytes: number): FrameCoder;
}
