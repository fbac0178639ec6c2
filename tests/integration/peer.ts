/**
 * A peer that writes raw bytes: one end of a connection has no session, the other
 * has the session under test.
 *
 * @module
 */
import {
  openSession,
  Origin,
  protocolOf,
  type Session,
  type SessionOptions,
  type Version,
} from "@moq-deno/lite";
import { memoryPair } from "@moq-deno/lite/testing";
import type { BidiStream, Transport } from "@moq-deno/lite/transport";
import { VirtualClock } from "../../lite/transport/virtual_clock.ts";

/** Options of {@linkcode Peer}. */
export interface PeerOptions extends SessionOptions {
  /** The draft of both. */
  readonly version: Version;
  /** Options of the connection. */
  readonly pair?: Parameters<typeof memoryPair>[0];
  /** The origin that the session serves and fills. Default an empty one. */
  readonly origin?: Origin | undefined;
}

/** Bytes on the wire: numbers up to 63 as one-byte varints, strings and lists with their length in front. */
export type Wire = readonly (number | string | Wire)[];

/** Flattens `wire`. */
export function bytesOf(wire: Wire): number[] {
  return wire.flatMap((part) => {
    if (typeof part === "number") return [part];
    const body = typeof part === "string"
      ? [...new TextEncoder().encode(part)]
      : bytesOf(part);
    if (body.length > 63) throw new RangeError("Expected up to 63 bytes");
    return [body.length, ...body];
  });
}

/** The peer, and the session that it talks to. */
export class Peer {
  /** The peer's end. */
  readonly transport: Transport;
  /** The session under test. */
  readonly session: Session;
  readonly clock: VirtualClock;

  constructor(options: PeerOptions) {
    const { version, pair, origin, ...rest } = options;
    const clock = new VirtualClock();
    const [near, far] = memoryPair({ protocol: protocolOf(version), ...pair });
    const served = origin ?? new Origin({ clock });
    this.clock = clock;
    this.transport = near;
    this.session = openSession(far, {
      clock,
      readable: served.scope(),
      writable: served.scope(),
      ...rest,
    });
  }

  /** Opens a unidirectional stream, writes `wire` and ends it. */
  async uni(...wire: Wire): Promise<void> {
    const stream = await this.transport.openUni();
    stream.write(Uint8Array.from(bytesOf(wire)));
    stream.close();
  }

  /** Opens a bidirectional stream, writes `wire` and keeps it open. */
  async bidi(...wire: Wire): Promise<BidiStream> {
    const stream = await this.transport.openBidi();
    stream.send.write(Uint8Array.from(bytesOf(wire)));
    return stream;
  }

  /** The code that the session closed with. */
  async closeCode(): Promise<number | undefined> {
    return (await this.transport.closed).code;
  }
}

/** The next `count` bytes of a stream, or fewer at its end. */
export async function read(
  stream: {
    read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined>;
  },
  count: number,
): Promise<number[]> {
  const bytes: number[] = [];
  while (bytes.length < count) {
    const chunk = await stream.read(new Uint8Array(count - bytes.length));
    if (!chunk) break;
    bytes.push(...chunk);
  }
  return bytes;
}
