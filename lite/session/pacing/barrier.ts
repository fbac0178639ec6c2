/**
 * A barrier: a tiny request that every peer answers at once, whatever the
 * draft. At the lowest send order it leaves when everything written before it
 * has left, so its answer confirms all that; at the highest it measures a
 * round trip. moq-lite, "ANNOUNCE_REQUEST".
 *
 * @module
 */
import { asMoqError } from "../../error.ts";
import type { BidiStream, Transport } from "../../transport/transport.ts";
import { encodeAnnounceRequest } from "../../wire/announce.ts";
import { BidiType } from "../../wire/stream_type.ts";
import type { Version } from "../../wire/version.ts";
import { withType } from "../streams.ts";

/** What a barrier asks for: a prefix that nobody announces under. */
const PREFIX = "~b";

/** The connection to measure. */
export interface BarrierContext {
  /** What it runs over. */
  readonly transport: Transport;
  /** The draft spoken. */
  readonly version: Version;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
}

/** One request. */
class Barrier {
  readonly #stream: BidiStream;
  readonly #version: Version;

  /** Use {@linkcode openBarrier}. */
  constructor(stream: BidiStream, version: Version) {
    this.#stream = stream;
    this.#version = version;
  }

  /** Writes the request. The FIN at once is what makes drafts 03 and 04 answer. */
  send(): void {
    const request = encodeAnnounceRequest({ prefix: PREFIX }, this.#version);
    this.#stream.send.write(withType(BidiType.announce, request));
    this.#stream.send.close();
  }

  /** Nobody waits for the answer any more. */
  cancel(): void {
    this.#stream.receive.stop(0);
  }

  /** Resolves at the first sign of an answer: data, FIN or a reset, which is an answer like any other. Throws when the connection ends. */
  async answered(): Promise<void> {
    try {
      await this.#stream.receive.read(new Uint8Array(64));
    } catch (error) {
      if (asMoqError(error).code !== "remote") throw error;
    } finally {
      this.#stream.receive.stop(0);
    }
  }
}

/** Opens the stream of a barrier at `sendOrder`; waits for stream credit. */
export async function openBarrier(
  { transport, version, signal }: BarrierContext,
  sendOrder: number,
): Promise<Barrier> {
  const stream = await transport.openBidi({ sendOrder, signal });
  return new Barrier(stream, version);
}
