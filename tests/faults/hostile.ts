/**
 * Peers that open a transport and use it as they like.
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

/** A peer that has sent SETUP, and nothing else. */
export class Hostile {
  /** Its transport. */
  readonly transport: Transport;
  readonly #socket: RawWebSocket | undefined;
  // Kept referenced: the runtime closes streams that it collects.
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

  /** Opens a stream and keeps it open. */
  async openUni(): Promise<SendStream> {
    const stream = await this.transport.openUni();
    this.#held.push(stream);
    return stream;
  }

  /** Like {@linkcode Hostile.openUni}, bidirectional. */
  async openBidi(): Promise<BidiStream> {
    const stream = await this.transport.openBidi();
    this.#held.push(stream);
    return stream;
  }

  /** Subscribes to a track of the steady broadcast. */
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

  /** Reads a little of the first group. */
  async readSome(): Promise<void> {
    for await (const stream of this.transport.incomingUni) {
      const first = await stream.read(new Uint8Array(64));
      // Not the relay's SETUP.
      if (first?.[0] !== UniType.group) continue;
      this.#held.push(stream);
      return;
    }
  }

  /** Stops reading its socket, if the transport allows it. */
  pause(): void {
    this.#socket?.pause();
  }

  /** Leaves silently if it can, otherwise with a close. */
  async leave(): Promise<void> {
    if (this.#socket) this.#socket.close();
    else this.transport.close(0, "");
    await this.transport.closed;
  }
}
