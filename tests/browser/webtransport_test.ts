/**
 * The transport of pages on Chromium's `WebTransport` against our HTTP/3
 * server: streams, codes, datagrams, limits and ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ReceiveStream, Transport } from "@moq-deno/lite/transport";
import {
  acceptWebTransport,
  connect,
  listenQuic,
  type QuicListener,
  selfSignedCertificate,
  type WebTransportRequest,
} from "@moq-deno/lite/deno";
import { startRelay } from "@moq-deno/relay/server";
import { bundle } from "../interop/npm/bundle.ts";
import { urlOf } from "../interop/npm/exchange.ts";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { html, script, Site } from "./site.ts";
import type { PageSession, PageTransport } from "./transport_page.ts";

const path = findChromium();
const ENTRY = `import "${import.meta.resolve("./transport_page.ts")}";`;
const PROTOCOLS = ["moq-lite-06", "moq-lite-05"];
const MAX_UNI_STREAMS = 32;

/** A class of the page as it is from here: everything takes a while. */
type Remote<T> = {
  [Name in keyof T]: T[Name] extends (...words: infer Words) => infer Result
    ? (...words: Words) => Promise<Awaited<Result>>
    : never;
};

function remote<T>(page: Page, name: string): Remote<T> {
  const tell = (_: unknown, method: string) => {
    // What has a method `then` would be taken for a promise.
    if (method === "then") return undefined;
    return (...words: readonly unknown[]) =>
      page.evaluate(`${name}.${method}(...${JSON.stringify(words)})`);
  };
  return new Proxy({}, { get: tell }) as Remote<T>;
}

/** A server of ours, and the next to come to it. */
class Server implements AsyncDisposable {
  readonly #listener: QuicListener;
  readonly #connections: AsyncIterator<Deno.QuicConn>;
  readonly #hash: string;

  private constructor(listener: QuicListener, hash: string) {
    this.#listener = listener;
    this.#hash = hash;
    this.#connections = listener.incoming[Symbol.asyncIterator]();
  }

  static async start(): Promise<Server> {
    const { certPem, keyPem, sha256 } = await selfSignedCertificate();
    const listener = listenQuic({
      hostname: "127.0.0.1",
      port: 0,
      alpn: ["h3"],
      maxUniStreams: MAX_UNI_STREAMS,
      cert: certPem,
      key: keyPem,
    });
    return new Server(listener, sha256.toHex());
  }

  /** What a page says to come here. */
  get words(): Parameters<PageTransport["connect"]> {
    return [
      `https://127.0.0.1:${this.#listener.addr.port}/some/path?and=query`,
      this.#hash,
      PROTOCOLS,
    ];
  }

  async next(): Promise<WebTransportRequest> {
    const { value } = await this.#connections.next();
    return await acceptWebTransport(value, { protocols: ["moq-lite-05"] });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    return Promise.resolve();
  }
}

async function nextOf<T>(streams: AsyncIterable<T>): Promise<T> {
  for await (const stream of streams) return stream;
  throw new Error("Expected a stream, got the end");
}

async function readAll(stream: ReceiveStream): Promise<string> {
  let text = "";
  for (;;) {
    const bytes = await stream.read(new Uint8Array(1024));
    if (!bytes) return text;
    text += new TextDecoder().decode(bytes);
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Pair {
  readonly page: Remote<PageTransport>;
  readonly server: Transport;
}

const STEPS: Readonly<Record<string, (pair: Pair) => Promise<void>>> = {
  async "unidirectional streams end both ways"({ page, server }) {
    await page.sayUni("from the page");
    const stream = await nextOf(server.incomingUni);
    assert.equal(await readAll(stream), "from the page");
    const send = await server.openUni();
    send.write(encode("from the server"));
    send.close();
    assert.equal(await page.hearUni(), "from the server");
  },

  async "bidirectional streams end both ways"({ page, server }) {
    const answer = page.ask("question");
    const { send, receive } = await nextOf(server.incomingBidi);
    send.write(encode(`${await readAll(receive)}, answer`));
    send.close();
    assert.equal(await answer, "question, answer");
    const answering = page.answer();
    const ours = await server.openBidi();
    ours.send.write(encode("the other way round"));
    ours.send.close();
    assert.equal(await readAll(ours.receive), "the other way round");
    await answering;
  },

  async "a reset has its code"({ page, server }) {
    for (const code of [9, 11, 200]) {
      await page.begin();
      const stream = await nextOf(server.incomingUni);
      // A reset may overtake what was written, the stream's header too.
      assert.deepEqual(await stream.read(new Uint8Array(1)), Uint8Array.of(1));
      await page.reset(code);
      await assert.rejects(readAll(stream), {
        code: "remote",
        remoteCode: code,
      });
    }
  },

  async "a stop has its code"({ page, server }) {
    for (const code of [9, 11]) {
      const stopping = page.stop(code);
      const stream = await server.openUni();
      // The runtime notices a stop while something is written.
      for (let i = 0; await stream.ready() && i < 100_000; i++) {
        stream.write(new Uint8Array(1024));
      }
      await stopping;
      assert.equal(await stream.stopped, code);
    }
  },

  async "our stop ends the page's stream"({ page, server }) {
    const stopped = page.awaitStop();
    const stream = await nextOf(server.incomingUni);
    // Chromium names no code while a write of the page's is under way.
    assert.deepEqual(await stream.read(new Uint8Array(1)), Uint8Array.of(1));
    stream.stop(9);
    // Deno sends no other number.
    assert.equal(await stopped, 0);
  },

  async "datagrams both ways"({ page, server }) {
    const exchange = page.exchangeDatagrams("ping");
    const ping = await nextOf(server.datagrams!.incoming);
    assert.deepEqual(ping, encode("ping"));
    server.datagrams!.send(encode("pong"));
    assert.equal(await exchange, "pong");
  },

  async "at the stream limit opening fails, and later succeeds"({
    page,
    server,
  }) {
    const { opened, code } = await page.flood();
    assert.equal(code, "lagged");
    assert.ok(opened > MAX_UNI_STREAMS / 2 && opened <= MAX_UNI_STREAMS);
    await page.recede();
    for (let i = 0; i < opened; i++) {
      await readAll(await nextOf(server.incomingUni));
    }
    // The new limit may take a moment longer than the ends of the streams.
    while (!await page.sayUni("again").then(() => true, () => false));
    assert.equal(await readAll(await nextOf(server.incomingUni)), "again");
  },

  async "the page's close has its code and reason"({ page, server }) {
    await page.close(1234, "bye from the page");
    const close = { code: 1234, reason: "bye from the page" };
    assert.deepEqual(await server.closed, close);
    assert.deepEqual(await page.closed(), close);
  },

  async "our close has its code and reason"({ page, server }) {
    server.close(77, "bye from the server");
    const close = { code: 77, reason: "bye from the server" };
    assert.deepEqual(await page.closed(), close);
    assert.deepEqual(await server.closed, close);
  },
};

Deno.test({
  name: "WebTransport in Chromium: the transport's contract",
  ignore: path === undefined,
  async fn(t) {
    await using site = new Site({
      "/": html(`<script type="module" src="page.js"></script>`),
      "/page.js": script(await bundle(ENTRY)),
    });
    await using server = await Server.start();
    await using chromium = await Chromium.launch(path!);
    const page = await chromium.page();
    const visit = async (): Promise<Remote<PageTransport>> => {
      await page.goto(site.url);
      return remote<PageTransport>(page, "transport");
    };

    for (const [name, step] of Object.entries(STEPS)) {
      await t.step(name, async () => {
        const transport = await visit();
        const connecting = transport.connect(...server.words);
        const request = await server.next();
        assert.equal(request.url.pathname, "/some/path");
        assert.equal(request.url.search, "?and=query");
        assert.equal(request.origin, site.url.slice(0, -1));
        const ours = request.accept();
        assert.equal(await connecting, "moq-lite-05");
        await step({ page: transport, server: ours });
        ours.close(0, "");
        await ours.closed;
      });
    }

    await t.step("a refusal's code and reason reach the page", async () => {
      const transport = await visit();
      const connecting = transport.connect(...server.words);
      (await server.next()).reject(6, "Not here");
      await connecting;
      assert.deepEqual(await transport.closed(), {
        code: 6,
        reason: "Not here",
      });
    });

    await t.step("a refusal with a status fails", async () => {
      const transport = await visit();
      const connecting = transport.connect(...server.words);
      const failing = assert.rejects(connecting, /WebTransport to .* failed/);
      (await server.next()).refuse(404);
      await failing;
    });
  },
});

Deno.test({
  name: "WebTransport in Chromium: sessions with a relay",
  ignore: path === undefined,
  async fn(t) {
    await using site = new Site({
      "/": html(`<script type="module" src="page.js"></script>`),
      "/page.js": script(await bundle(ENTRY)),
    });
    await using chromium = await Chromium.launch(path!);
    const page = await chromium.page();
    const session = remote<PageSession>(page, "session");

    await t.step("a path without access is told as unauthorized", async () => {
      const relay = await startRelay([
        "--listen=127.0.0.1:0",
        "--auth-public=anon/**",
      ]);
      await page.goto(site.url);
      await session.connect(`${urlOf(relay)}other`);
      assert.deepEqual(await session.closed(), {
        code: "unauthorized",
        message:
          'Peer closed the session with code 2: No public access at "other"',
      });
      await relay.close();
    });

    await t.step(
      "at the stream limit groups are dropped and the session goes on",
      async () => {
        const relay = await startRelay([
          "--listen=127.0.0.1:0",
          "--quic-max-streams=8",
        ]);
        await page.goto(site.url);
        assert.equal(await session.connect(urlOf(relay)), "06");
        await session.publish("many", "groups");
        await using viewer = await connect(urlOf(relay), {
          role: "subscriber",
        });
        for await (const { path } of viewer.announced()) {
          if (path === "many") break;
        }
        const groups = viewer.consume("many").track("groups").subscribe();
        await session.one();
        assert.equal((await groups.next())?.sequence, 0);
        await session.begin(20);
        await session.end();
        let received = 0;
        let isOver = false;
        const receiving = (async () => {
          for await (const { sequence } of groups) {
            if (sequence > 20) break;
            received++;
          }
          isOver = true;
        })();
        // Once the streams of those that came have ended, there is room for new ones.
        while (!isOver) await session.one();
        await receiving;
        assert.ok(received < 20, `${received} groups went through`);
        groups.close();
        await relay.close();
      },
    );
  },
});
