/** A relay with an auth server and real clients: what the server is sent, and what its grants allow. */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  openSession,
  PROTOCOLS,
  type Session,
} from "@moq-deno/lite";
import { connectWebSocket } from "@moq-deno/lite/transport";
import { connect } from "@moq-deno/lite/deno";
import { formatAddress } from "../../relay/config/rules.ts";
import { type RunningRelay, startRelay } from "../../relay/embed.ts";
import type { JsonObject } from "../../relay/token/json.ts";

interface Asked extends JsonObject {
  readonly event?: string;
  readonly path?: string;
}

/** An auth server that answers by path, and a relay that asks it. */
class Running implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #grants: ReadonlyMap<string, object>;
  readonly #ends: Map<string, PromiseWithResolvers<Asked>> = new Map();
  readonly asked: Asked[] = [];
  #relay: RunningRelay | undefined;

  private constructor(grants: Readonly<Record<string, object>>) {
    this.#grants = new Map(Object.entries(grants));
    const place = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(place, (request) => this.#answer(request));
  }

  static async start(
    grants: Readonly<Record<string, object>>,
    ...flags: string[]
  ): Promise<Running> {
    const running = new Running(grants);
    running.#relay = await startRelay([
      "--listen=127.0.0.1:0",
      `--auth-url=http://127.0.0.1:${running.#server.addr.port}/`,
      ...flags,
    ]);
    return running;
  }

  async #answer(request: Request): Promise<Response> {
    const asked: Asked = await request.json();
    this.asked.push(asked);
    const { event, path = "" } = asked;
    if (event === "end") {
      this.#endOf(path).resolve(asked);
      return new Response(null, { status: 204 });
    }
    const grant = this.#grants.get(path);
    return grant
      ? Response.json(grant)
      : new Response("No such path", { status: 403 });
  }

  #endOf(path: string): PromiseWithResolvers<Asked> {
    const end = this.#ends.get(path) ?? Promise.withResolvers<Asked>();
    this.#ends.set(path, end);
    return end;
  }

  /** The report about the end of the session at `path`. */
  end(path: string): Promise<Asked> {
    return this.#endOf(path).promise;
  }

  get at(): string {
    const [address] = this.#relay?.addresses ?? [];
    assert.ok(address);
    return formatAddress(address);
  }

  async open(way: string, target: string): Promise<Session> {
    const url = `${way}://${this.at}${target}`;
    if (way === "ws") {
      return openSession(await connectWebSocket(url, { protocols: PROTOCOLS }));
    }
    const pin = Uint8Array.fromHex(this.#relay?.fingerprint ?? "");
    return await connect(url, { serverCertificateHashes: [pin] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay?.close();
    await this.#server.shutdown();
  }
}

const encoder = new TextEncoder();

/** Publishes a broadcast with one group of one frame. */
function publishText(session: Session, path: string, text: string): void {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("text");
  track.writeFrame({ timestamp: 0, payload: encoder.encode(text) });
  session.publish(path, broadcast);
}

async function readText(session: Session, path: string): Promise<string> {
  const groups = session.consume(path).track("text").subscribe();
  const group = await groups.next();
  let text = "";
  for await (const { payload } of group?.frames() ?? []) {
    text += new TextDecoder().decode(payload);
  }
  groups.close();
  return text;
}

async function announced(session: Session, path: string): Promise<void> {
  for await (const event of session.announced("")) {
    if (event.path === path && event.kind === "start") return;
  }
}

const ALL = { publish: ["**"], subscribe: ["**"] };

for (const way of ["moqt", "https", "ws"]) {
  Deno.test(`UrlAuth: over ${way} reports peer, address and bytes of groups`, async () => {
    await using relay = await Running.start(
      { "/up": { ...ALL, root: "x" }, "/down": { ...ALL, root: "x" } },
      "--cluster-node=fra1",
    );
    const text = "a".repeat(100_000);
    const up = await relay.open(way, "/up");
    publishText(up, "film", text);
    const down = await relay.open(way, "/down");
    await announced(down, "film");
    assert.equal(await readText(down, "film"), text);
    down.close();
    up.close();
    const [first, last] = [await relay.end("/up"), await relay.end("/down")];
    const bytesOf = ({ bytes }: Asked) =>
      bytes as { readonly sent: number; readonly received: number };
    // A group is its frames plus a few bytes of overhead.
    const isWhole = (bytes: number) =>
      bytes >= text.length && bytes < text.length + 64;
    assert.ok(isWhole(bytesOf(first).received), JSON.stringify(first));
    assert.equal(bytesOf(first).sent, 0);
    assert.ok(isWhole(bytesOf(last).sent), JSON.stringify(last));
    assert.equal(bytesOf(last).received, 0);
    for (const facts of relay.asked) {
      assert.equal(facts["node"], "fra1");
      assert.equal(facts["local"], way === "ws" ? undefined : relay.at);
      assert.match(String(facts["remote"]), /^127\.0\.0\.1:\d+$/);
    }
  });
}

for (const way of ["moqt", "https", "ws"]) {
  Deno.test(`UrlAuth: over ${way} a mount shows another place, read-only`, async () => {
    await using relay = await Running.start({
      "/fleet": { publish: ["**"] },
      "/room": { ...ALL, mounts: { svc: "fleet/p1" } },
      "/narrow": { subscribe: ["*"], mounts: { svc: "fleet/p1" } },
    });
    await using worker = await relay.open("moqt", "/fleet");
    publishText(worker, "p1/captions", "of the fleet");
    publishText(worker, "p2/captions", "of others");
    await using guest = await relay.open(way, "/room");
    publishText(guest, "svc/captions", "forged");
    publishText(guest, "cam", "of the room");
    await announced(guest, "svc/captions");
    assert.equal(await readText(guest, "svc/captions"), "of the fleet");
    await using other = await relay.open(way, "/room");
    await announced(other, "cam");
    assert.equal(await readText(other, "svc/captions"), "of the fleet");
    assert.equal(await readText(other, "cam"), "of the room");
    const listing = async (path: string): Promise<string> =>
      await (await fetch(`http://${relay.at}/announced${path}`)).text();
    assert.equal(await listing("/room"), "cam\nsvc/captions\n");
    assert.equal(await listing("/narrow"), "");
  });
}

Deno.test({
  name: "UrlAuth: the server may be behind a Unix socket",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/auth server.sock`;
    const asked: Asked[] = [];
    const over = Promise.withResolvers<void>();
    const server = Deno.serve({ path, onListen: () => {} }, async (request) => {
      const facts: Asked = await request.json();
      asked.push(facts);
      if (facts.event === "end") over.resolve();
      return Response.json({ subscribe: ["**"] });
    });
    const relay = await startRelay([
      "--listen=127.0.0.1:0",
      `--auth-url=unix://${path.replaceAll(" ", "%20")}`,
    ]);
    try {
      const [address] = relay.addresses;
      assert.ok(address);
      const session = await connect(`moqt://${formatAddress(address)}/room`, {
        serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
      });
      await session.peer;
      session.close();
      await over.promise;
      assert.deepEqual(asked.map(({ event, path }) => `${event} ${path}`), [
        "connect /room",
        "end /room",
      ]);
    } finally {
      await relay.close();
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
