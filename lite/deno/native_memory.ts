/**
 * Makes the garbage collector aware of the native memory of ended connections.
 * Deno frees the native side of a connection, about 180 KB with a relay's stream
 * limits, when its object is collected, and V8 counts that object as a few
 * hundred bytes: a relay with a small heap would keep every connection.
 *
 * @module
 */

/** Ended connections per ballast. */
export const CONNECTIONS_PER_BALLAST = 200;
// V8 counts it as used; it is never written to, so the system commits no memory. From 32 MiB on the allocator maps each block separately.
const BALLAST_BYTES = 33 * 1024 * 1024;

/** Counts ended connections. */
export class NativeMemory {
  // An entry lasts until a full collection, as the native side does; a partial one frees other unreachable objects.
  readonly #ballast: WeakMap<object, ArrayBuffer> = new WeakMap();
  readonly #allocate: (bytes: number) => ArrayBuffer;
  #ended = 0;

  /** `allocate` returns memory that V8 accounts for. */
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
      // Out of memory: V8 then collects anyway.
    }
  }
}
