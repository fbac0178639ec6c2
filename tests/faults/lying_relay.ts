/**
 * A relay that speaks moq-lite-06 by hand: it listens and answers, and the test
 * decides what it sends after that.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type {
  BidiStream,
  SendStream,
  Transport,
} from "@moq-deno/lite/transport";
import {
  acceptWebTransport,
  listenQuic,
  type QuicListener,
} from "@moq-deno/lite/deno";
import { MessageReader, withType } from "../../lite/session/streams.ts";
import {
  decodeAnnounceRequest,
  encodeAnnounceOk,
} from "../../lite/wire/announce.ts";
import { encodeGroupHeader } from "../../lite/wire/group.ts";
import { decodeSetup, encodeSetup } from "../../lite/wire/setup.ts";
import { BidiType, UniType } from "../../lite/wire/stream_type.ts";
import { decodeSubscribe } from "../../lite/wire/subscribe.ts";
import { GeneratedCertificate } from "../../relay/certs.ts";

const PROTOCOL = "moq-lite-06";
const HOP = 666n;

/** What the relay sends; each is called for every request of its kind. */
export interface Lies {
  /** On an announce stream, after ANNOUNCE_OK; `peerHop` is the peer's hop id. */
  announce(stream: SendStream, peerHop: bigint): Promise<void>;
  /** In answer to TRACK. */
  track(stream: SendStream): void;
  /** In answer to SUBSCRIBE. */
  subscribe(stream: SendStream, link: LyingLink, id: number): Promise<void>;
}

/** A listening relay. */
export class LyingRelay {
  /** Its URL, for `--cluster-connect`. */
  readonly url: string;
  /** When it was dialled, each time, by its own clock. */
  readonly dialledMs: number[] = [];
  readonly #lies: Lies;
  readonly #listener: QuicListener;
  readonly #links: LyingLink[] = [];

  private constructor(listener: QuicListener, lies: Lies) {
    this.#listener = listener;
    this.#lies = lies;
    this.url = `http://127.0.0.1:${listener.addr.port}`;
  }

  /** Listens on a port that is free in UDP and TCP. */
  static async open(lies: Lies): Promise<LyingRelay> {
    const certificate = await new GeneratedCertificate({ names: ["liar"] })
      .current();
    for (;;) {
      const hostname = "127.0.0.1";
      const listener = listenQuic({
        ...certificate,
        hostname,
        port: 0,
        alpn: ["h3"],
      });
      const { port } = listener.addr;
      const { fingerprint } = certificate;
      try {
        Deno.serve(
          { hostname, port, onListen: () => {} },
          () => new Response(fingerprint),
        );
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
        listener.close();
        continue;
      }
      const relay = new LyingRelay(listener, lies);
      void relay.#run(); // Ends with the process.
      return relay;
    }
  }

  async #run(): Promise<void> {
    for await (const conn of this.#listener.incoming) {
      const request = await acceptWebTransport(conn, {
        protocols: [PROTOCOL],
      }).catch(() => {
        // The peer has left again.
      });
      if (!request) continue;
      this.dialledMs.push(performance.now());
      this.#links.push(new LyingLink(request.accept(), this.#lies));
    }
  }
}

/** One link to a relay that dialled. */
export class LyingLink {
  readonly #transport: Transport;
  readonly #lies: Lies;
  readonly #peerHop = Promise.withResolvers<bigint>();
  // Kept referenced: the runtime closes streams that it collects.
  readonly #held: unknown[] = [];

  /** Sends SETUP, and answers from then on. */
  constructor(transport: Transport, lies: Lies) {
    this.#transport = transport;
    this.#lies = lies;
    for (const run of [this.#setUp(), this.#runUni(), this.#runBidi()]) {
      run.catch(expected);
    }
  }

  async #setUp(): Promise<void> {
    const stream = await this.#transport.openUni();
    stream.write(withType(UniType.setup, encodeSetup({ hop: HOP })));
    stream.close();
  }

  async #runUni(): Promise<void> {
    for await (const stream of this.#transport.incomingUni) {
      const reader = new MessageReader(stream, { version: "06" });
      if (await reader.varint() !== UniType.setup) continue;
      const { hop } = decodeSetup(await reader.expectMessage());
      this.#peerHop.resolve(hop ?? 0n);
    }
  }

  async #runBidi(): Promise<void> {
    for await (const stream of this.#transport.incomingBidi) {
      this.#held.push(stream);
      this.#answer(stream).catch(expected);
    }
  }

  async #answer({ send, receive }: BidiStream): Promise<void> {
    const reader = new MessageReader(receive, { version: "06" });
    const type = await reader.varint();
    const body = await reader.expectMessage();
    if (type === BidiType.announce) {
      send.write(encodeAnnounceOk({ hop: HOP, active: 0 }));
      // Any other prefix is a barrier, which only needs an answer.
      if (decodeAnnounceRequest(body, "06").prefix !== "") return send.close();
      await this.#lies.announce(send, await this.#peerHop.promise);
    } else if (type === BidiType.track) {
      this.#lies.track(send);
    } else if (type === BidiType.subscribe) {
      const { id } = decodeSubscribe(body, "06");
      await this.#lies.subscribe(send, this, id);
    }
  }

  /** Starts a group, and sends `bytes` of its frames. */
  async group(
    header: { readonly subscribeId: number; readonly sequence: number },
    ...bytes: readonly number[]
  ): Promise<SendStream> {
    const stream = await this.#transport.openUni();
    this.#held.push(stream);
    const start = encodeGroupHeader({ ...header, frameStart: 0 }, "06");
    stream.write(withType(UniType.group, start));
    stream.write(Uint8Array.from(bytes));
    return stream;
  }
}

/** Ignores the errors of a link that was closed, which these tests cause. */
function expected(error: unknown): void {
  if (!(error instanceof MoqError)) throw error;
}
