/**
 * Peers that open a transport and then do as they like on it.
 *
 * @module
 */
import {
  type BidiStream,
  type SendStream,
  type Transport,
  webSocketTransport,
} from "@moq-deno/lite/transport";
import { dial } from "@moq-deno/lite/deno";
import { withType } from "../../lite/session/streams.ts";
import { encodeSetup } from "../../lite/wire/setup.ts";
import { BidiType, UniType } from "../../lite/wire/stream_type.ts";
import { encodeSubscribe } from "../../lite/wire/subscribe.ts";
import { RawWebSocket } from "./raw_web_socket.ts";
import { STEADY } from "./steady.ts";
import type { Way, World } from "./world.ts";

const PROTOCOL = "moq-lite-06";

/** A peer that has said who it is, and no more. */
export class Hostile {
  /** What it has. */
  readonly transport: Transport;
  readonly #socket: RawWebSocket | undefined;
  // What the runtime may collect it also closes.
  readonly #held: unknown[] = [];

  private constructor(transport: Transport, socket?: RawWebSocket) {
    this.transport = transport;
    this.#socket = socket;
  }

  /** Connects over `way` and sends SETUP. */
  static async open(world: World, way: Way): Promise<Hostile> {
    const hostile = await Hostile.#connect(world, way);
    const setup = await hostile.transport.openUni();
    setup.write(withType(UniType.setup, encodeSetup({})));
    setup.close();
    return hostile;
  }

  static async #connect(world: World, way: Way): Promise<Hostile> {
    if (way === "ws") {
      const protocol = `qmux-01.${PROTOCOL}`;
      const socket = await RawWebSocket.open(world.port, protocol);
      const options = { role: "client", protocol } as const;
      return new Hostile(webSocketTransport(socket, options), socket);
    }
    const { serverCertificateHashes } = world;
    const options = { serverCertificateHashes, protocols: [PROTOCOL] };
    return new Hostile(await dial(world.url(way), options));
  }

  /** Opens a stream and never lets go of it. */
  async openUni(): Promise<SendStream> {
    const stream = await this.transport.openUni();
    this.#held.push(stream);
    return stream;
  }

  /** As {@linkcode Hostile.openUni}, both directions. */
  async openBidi(): Promise<BidiStream> {
    const stream = await this.transport.openBidi();
    this.#held.push(stream);
    return stream;
  }

  /** Asks for a track of the steady broadcast. */
  async subscribe(track: string): Promise<void> {
    const request = await this.openBidi();
    const message = encodeSubscribe({
      id: 0,
      broadcast: STEADY,
      track,
      priority: 0,
      maxAgeMs: 0,
      startFrame: 0,
    }, "06");
    request.send.write(withType(BidiType.subscribe, message));
  }

  /** Reads a bit of the first group that comes. */
  async readSome(): Promise<void> {
    for await (const stream of this.transport.incomingUni) {
      const first = await stream.read(new Uint8Array(64));
      // Not the relay's SETUP.
      if (first?.[0] !== UniType.group) continue;
      this.#held.push(stream);
      return;
    }
  }

  /** Takes nothing from its socket any more, where that can be had. */
  pause(): void {
    this.#socket?.pause();
  }

  /** Ends without a word where it can, else in an orderly way. */
  async leave(): Promise<void> {
    if (this.#socket) this.#socket.close();
    else this.transport.close(0, "");
    await this.transport.closed;
  }
}
