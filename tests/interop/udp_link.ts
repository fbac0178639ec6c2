/**
 * A narrow link on loopback for UDP: in each direction a rate with a queue in front,
 * then a delay. Programs connect to its port instead of their peer's.
 *
 * @module
 */

/** Options of {@linkcode UdpLink}. */
export interface UdpLinkOptions {
  /** The port behind it. */
  readonly target: number;
  /** Rate in each direction. */
  readonly bitsPerSecond: number;
  /** Delay without the queue, in milliseconds. */
  readonly oneWayMs: number;
  /** Size of the queue; packets beyond that are lost. */
  readonly queueBytes: number;
}

/** Packets one way. */
class Direction {
  readonly #options: UdpLinkOptions;
  readonly #timers: Set<ReturnType<typeof setTimeout>> = new Set();
  #freeAt = 0;

  constructor(options: UdpLinkOptions) {
    this.#options = options;
  }

  carry(packet: Uint8Array, send: (packet: Uint8Array) => void): void {
    const { bitsPerSecond, oneWayMs, queueBytes } = this.#options;
    const now = performance.now();
    const waitMs = Math.max(0, this.#freeAt - now);
    if (waitMs * bitsPerSecond / 8000 + packet.length > queueBytes) return;
    const leavesMs = waitMs + packet.length * 8000 / bitsPerSecond;
    this.#freeAt = now + leavesMs;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      send(packet);
    }, leavesMs + oneWayMs);
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** The link; all clients share its rate. */
export class UdpLink implements Disposable {
  readonly #options: UdpLinkOptions;
  readonly #front = listen();
  readonly #backs: Map<string, Deno.DatagramConn> = new Map();
  readonly #there: Direction;
  readonly #back: Direction;

  /** Carries packets until disposal. */
  constructor(options: UdpLinkOptions) {
    this.#options = options;
    this.#there = new Direction(options);
    this.#back = new Direction(options);
    void this.#runThere(); // Ends with the socket.
  }

  /** The port to connect to. */
  get port(): number {
    return (this.#front.addr as Deno.NetAddr).port;
  }

  async #runThere(): Promise<void> {
    const { target: port } = this.#options;
    const target: Deno.NetAddr = { ...LOOPBACK, port };
    for await (const [packet, from] of this.#front) {
      const back = this.#backFor(from);
      this.#there.carry(packet, (it) => send(back, it, target));
    }
  }

  #backFor(from: Deno.Addr): Deno.DatagramConn {
    const key = JSON.stringify(from);
    const present = this.#backs.get(key);
    if (present) return present;
    const back = listen();
    this.#backs.set(key, back);
    void this.#runBack(back, from); // Ends with the socket.
    return back;
  }

  async #runBack(back: Deno.DatagramConn, to: Deno.Addr): Promise<void> {
    for await (const [packet] of back) {
      this.#back.carry(packet, (it) => send(this.#front, it, to));
    }
  }

  [Symbol.dispose](): void {
    this.#there.close();
    this.#back.close();
    for (const socket of [this.#front, ...this.#backs.values()]) {
      socket.close();
    }
  }
}

const LOOPBACK = { transport: "udp", hostname: "127.0.0.1" } as const;

function listen(): Deno.DatagramConn {
  return Deno.listenDatagram({ ...LOOPBACK, port: 0 });
}

function send(
  socket: Deno.DatagramConn,
  packet: Uint8Array,
  to: Deno.Addr,
): void {
  // A packet that cannot be sent is lost, as on any link.
  socket.send(packet, to).catch(() => {});
}
