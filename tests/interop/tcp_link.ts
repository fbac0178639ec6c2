/**
 * A narrow link on loopback for TCP: data from the port behind it arrives at a limited
 * rate.
 *
 * @module
 */

/** Bytes carried at a time. */
const PIECE_BYTES = 4096;
const HOSTNAME = "127.0.0.1";

/** Options of {@linkcode TcpLink}. */
export interface TcpLinkOptions {
  /** The port behind it. */
  readonly target: number;
  /** Rate from the target, per connection. */
  readonly bitsPerSecond: number;
}

/** The link, until disposal. */
export class TcpLink implements Disposable {
  readonly #options: TcpLinkOptions;
  readonly #listener = Deno.listen({ hostname: HOSTNAME, port: 0 });
  readonly #open: Set<Deno.Conn> = new Set();

  /** Starts to carry connections. */
  constructor(options: TcpLinkOptions) {
    this.#options = options;
    void this.#run(); // Ends with the listener.
  }

  /** The port to connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  async #run(): Promise<void> {
    for await (const near of this.#listener) {
      const { target: port } = this.#options;
      const far = await Deno.connect({ hostname: HOSTNAME, port });
      this.#open.add(near).add(far);
      // They end with either connection.
      void near.readable.pipeTo(far.writable).catch(() => {});
      void this.#carryBack(far, near).catch(() => {});
    }
  }

  async #carryBack(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const piece = new Uint8Array(PIECE_BYTES);
    let freeAt = performance.now();
    for (let got; (got = await from.read(piece)) !== null;) {
      const now = performance.now();
      freeAt = Math.max(now, freeAt) + got * 8000 / this.#options.bitsPerSecond;
      await new Promise((resolve) => setTimeout(resolve, freeAt - now));
      for (let at = 0; at < got;) at += await to.write(piece.subarray(at, got));
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#open) {
      try {
        connection.close();
      } catch {
        // Its own end has closed it.
      }
    }
  }
}
