/**
 * The relay and the servers of the pages: on this machine, and for the local
 * network where that is asked for.
 *
 * On the network everything is at one origin: the pages and WebSocket over
 * HTTPS, and QUIC on the same port of UDP. Its certificate is self-signed. A
 * user accepts it once for the pages; for WebTransport, where a user cannot, the
 * pages trust the relay's own by the hash that the origin shows.
 *
 * @module
 */
import { selfSignedCertificate } from "@moq-deno/lite/deno";
import type { RunningRelay } from "@moq-deno/relay/server";
import type { DemoArguments } from "./arguments.ts";
import { type LanAddress, lanAddressOf } from "./lan_address.ts";
import {
  bracketed,
  loopback,
  type OpenTo,
  relayFrom,
  serveFrom,
} from "./ports.ts";
import { answerPage } from "./web_server.ts";

/** What was started; dispose of it to end it. */
export interface DemoServers extends AsyncDisposable {
  readonly relay: RunningRelay;
  /** Address of the pages on this machine; `undefined` without pages. */
  readonly page: string | undefined;
  /** Address of the pages on the network, if they are there. */
  readonly lan: LanPages | undefined;
}

/** The pages on the network. */
export interface LanPages {
  readonly url: string;
  /** Whether the internet may reach them. */
  readonly isPublic: boolean;
}

const HASH_PATH = "/certificate.sha256";

/** Starts what `settings` ask for; throws when a port or an address is not available. */
export async function startServers(
  settings: DemoArguments,
): Promise<DemoServers> {
  await using stack = new AsyncDisposableStack();
  const { seconds, out, port, isOnLan } = settings;
  const servers = new Servers(settings, stack);
  const hasPage = seconds === undefined && out === undefined;
  const page = hasPage ? servers.openPage() : undefined;
  const lan = isOnLan ? await servers.openLan() : undefined;
  const relay = await relayFrom(port, lan?.network);
  stack.defer(() => relay.close());
  servers.connect(relay);
  const ends = stack.move();
  return {
    relay,
    page,
    lan: lan?.pages,
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  };
}

/** The page servers. They start first, since the relay has to know their origins. */
class Servers {
  readonly #settings: DemoArguments;
  readonly #stack: AsyncDisposableStack;
  readonly #relay = Promise.withResolvers<RunningRelay>();
  #webPort = 0;
  #share: string | undefined;
  #isOnLan = false;

  constructor(settings: DemoArguments, stack: AsyncDisposableStack) {
    this.#settings = settings;
    this.#stack = stack;
  }

  /** Serves the pages on this machine; their address. */
  openPage(): string {
    const server = serveFrom(this.#settings.webPort, {
      hostnames: loopback(),
      handler: (request) => this.#answerHere(request),
    });
    this.#stack.defer(() => server.shutdown());
    this.#webPort = server.addr.port;
    return `http://localhost:${this.#webPort}/`;
  }

  /** Serves the pages, and what the relay answers in TCP, on the network. */
  async openLan(): Promise<
    { readonly network: OpenTo; readonly pages: LanPages }
  > {
    const { lanAddress, lanPort } = this.#settings;
    const { address, isPublic }: LanAddress = lanAddressOf(
      Deno.networkInterfaces(),
      lanAddress,
    );
    const { certPem, keyPem } = await selfSignedCertificate({
      names: [address],
    });
    const server = serveFrom(lanPort, {
      hostnames: [address],
      tls: { cert: certPem, key: keyPem },
      handler: (request, info) => this.#answerLan(request, info),
    });
    this.#stack.defer(() => server.shutdown());
    const { port } = server.addr;
    const url = `https://${bracketed(address)}:${port}/`;
    this.#share = url;
    this.#isOnLan = true;
    const local = ["localhost", ...loopback()].map((host) =>
      `http://${bracketed(host)}:${this.#webPort}`
    );
    return {
      network: { address, port, origins: [url.slice(0, -1), ...local] },
      pages: { url, isPublic },
    };
  }

  /** Lets the requests through that came before the relay was there. */
  connect(relay: RunningRelay): void {
    this.#relay.resolve(relay);
    const port = relay.httpAddresses[0]?.port;
    if (!this.#isOnLan || port === undefined) return;
    // The relay itself has one address for HTTP when it has one of its own.
    for (const hostname of loopback().slice(1)) {
      const server = serveFrom(port, {
        hostnames: [hostname],
        handler: (request, info) => relay.handler(request, info),
      });
      this.#stack.defer(() => server.shutdown());
    }
  }

  async #answerHere(request: Request): Promise<Response> {
    const running = await this.#relay.promise;
    const port = running.httpAddresses[0]?.port;
    return await answerPage(request, {
      relay: ({ hostname }) => `http://${hostname}:${port}/`,
      share: this.#share,
      running,
    });
  }

  async #answerLan(
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Promise<Response> {
    const running = await this.#relay.promise;
    const isForRelay = request.headers.get("upgrade") === "websocket" ||
      new URL(request.url).pathname === HASH_PATH;
    if (isForRelay) return await running.handler(request, info);
    return await answerPage(request, {
      relay: this.#share!,
      share: this.#share,
      isPinned: true,
      running,
    });
  }
}
