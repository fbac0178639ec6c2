/**
 * Tells the garbage collector what ended connections weigh. Deno frees the
 * native side of a connection, some 180 KB with the streams of a relay, when
 * its object is collected, and V8 takes that object for a few hundred bytes: a
 * relay whose heap stays small would keep every connection it ever had.
 *
 * @module
 */

/** Ended connections that weigh as much as one ballast. */
export const CONNECTIONS_PER_BALLAST = 200;
// Counted by V8 as in use and never written to, so that the system gives no memory for it. From 32 MiB on the allocator maps and unmaps each by itself.
const BALLAST_BYTES = 33 * 1024 * 1024;

/** Counts ended connections. */
export class NativeMemory {
  // An entry lasts until a full collection, as the native side does; what is merely unreachable goes in a partial one.
  readonly #ballast: WeakMap<object, ArrayBuffer> = new WeakMap();
  readonly #allocate: (bytes: number) => ArrayBuffer;
  #ended = 0;

  /** `allocate` takes memory that V8 accounts for. */
  constructor(
    allocate: (bytes: number) => ArrayBuffer = (bytes) =>
      new ArrayBuffer(bytes),
  ) {
    this.#allocate = allocate;
  }

  /** `conn` has ended and its owner has released it. */
  ended(conn: object): void {
    if (++this.#ended % CONNECTIONS_PER_BALLAST !== 0) return;
    try {
      this.#ballast.set(conn, this.#allocate(BALLAST_BYTES));
    } catch {
      // No room for it in the process: then V8 collects for that reason.
    }
  }
}
