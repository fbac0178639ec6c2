/**
 * A publisher, a relay and a viewer on raw QUIC.
 *
 * @module
 */
import { type Media, publishMedia } from "@moq-deno/hang/media";
import { BroadcastProducer, type MoqError, type Session } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { type RunningRelay, startRelay } from "@moq-deno/relay/server";
import { GatedClock } from "./gated_clock.ts";

const NAME = "film";

/** One broadcast from a publisher through a relay to a viewer. */
export class Relayed implements AsyncDisposable {
  /** Stands still until opened, so that viewers miss nothing. */
  readonly clock: GatedClock = new GatedClock();
  /** The viewer. */
  readonly viewer: Session;
  readonly #relay: RunningRelay;
  readonly #publisher: Session;

  private constructor(
    relay: RunningRelay,
    { publisher, viewer }: {
      readonly publisher: Session;
      readonly viewer: Session;
    },
  ) {
    this.#relay = relay;
    this.#publisher = publisher;
    this.viewer = viewer;
  }

  /** Starts a relay and connects both. */
  static async start(): Promise<Relayed> {
    const relay = await startRelay(["--listen", "127.0.0.1:0"]);
    const url = `moqt://127.0.0.1:${relay.addresses[0]!.port}/`;
    const serverCertificateHashes = [Uint8Array.fromHex(relay.fingerprint)];
    const publisher = await connect(url, { serverCertificateHashes });
    const viewer = await connect(url, { serverCertificateHashes });
    return new Relayed(relay, { publisher, viewer });
  }

  /** Publishes `media` and resolves when the viewer can consume it; `done` resolves at its end. */
  async publish(
    media: Media,
    container: "legacy" | "loc",
  ): Promise<{ readonly done: Promise<MoqError | undefined> }> {
    const broadcast = new BroadcastProducer();
    const publication = publishMedia(broadcast, media, {
      clock: this.clock,
      container,
    });
    this.#publisher.publish(NAME, broadcast);
    for await (const { path } of this.viewer.announced("")) {
      if (path === NAME) break;
    }
    return { done: publication.closed.finally(() => broadcast.close()) };
  }

  /** The broadcast at the viewer. */
  consume(): ReturnType<Session["consume"]> {
    return this.viewer.consume(NAME);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.viewer.close();
    await this.#publisher.close();
    await this.#relay.close();
  }
}
