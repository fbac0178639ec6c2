/** The relay over transports in memory: how grants and sessions begin and end together. */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  MoqError,
  openSession,
  Origin,
  type OriginScope,
  type Session,
} from "@moq-deno/lite";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";
import type { Grant, GrantEnd, IncomingPeer } from "./auth/auth.ts";
import { Relay } from "./relay.ts";

interface Guest {
  readonly relay: Relay;
  /** The peer's end. */
  readonly session: Session;
  /** Resolves when the relay has finished with the peer. */
  readonly left: Promise<void>;
  /** The ends that were reported to its lease. */
  readonly ends: readonly GrantEnd[];
  /** Revokes the grant. */
  readonly revoke: (error: MoqError) => void;
}

interface Given extends Partial<Grant> {
  readonly role?: "publisher" | "subscriber";
  /** Whether the peer dials a URL; otherwise SETUP has its path. */
  readonly hasUrl: boolean;
  /** Whether the peer is gone by the time it is accepted. */
  readonly isGone?: boolean;
}

function visit({ role, hasUrl, isGone, ...grant }: Given): Guest {
  const ends: GrantEnd[] = [];
  const { promise: revoked, resolve: revoke } = Promise.withResolvers<
    MoqError
  >();
  const relay = new Relay({
    authorizer: {
      grant: () =>
        Promise.resolve({
          root: "",
          publish: ["**"],
          subscribe: [],
          ...grant,
          lease: { revoked, release: (end) => ends.push(end) },
        }),
    },
  });
  const [client, server] = memoryPair({ protocol: "moq-lite-06" });
  const path = hasUrl ? undefined : "/x";
  const session = openSession(client, { setup: { role, path } });
  const incoming: IncomingPeer = {
    transport: hasUrl ? "webtransport" : "quic",
    target: hasUrl ? "/x" : undefined,
    protocol: "moq-lite-06",
    accept: () =>
      isGone
        ? Promise.reject(new MoqError("transport", "Peer is gone"))
        : Promise.resolve(server),
    refuse: (error) => server.close(0, error.message),
  };
  return { relay, session, left: relay.accept(incoming), ends, revoke };
}

for (const hasUrl of [true, false]) {
  const way = hasUrl ? "a URL" : "SETUP";

  Deno.test(`Relay: revoking a grant by ${way} ends its session`, async () => {
    const guest = visit({ hasUrl });
    await guest.session.peer;
    guest.revoke(new MoqError("unauthorized", "Taken back"));
    const error = await guest.session.closed;
    assert.equal(error?.code, "unauthorized");
    assert.match(error?.message ?? "", /Taken back$/);
    await guest.left;
    assert.deepEqual(guest.ends.map(({ reason }) => reason), ["Taken back"]);
  });

  Deno.test(`Relay: a peer by ${way} that leaves releases its grant`, async () => {
    const guest = visit({ hasUrl });
    await guest.session.peer;
    guest.session.close();
    await guest.left;
    assert.deepEqual(guest.ends.map(({ reason }) => reason), ["closed"]);
  });

  Deno.test(`Relay: refuses a peer by ${way} whose role has no grant`, async () => {
    const guest = visit({ hasUrl, role: "subscriber" });
    assert.equal((await guest.session.closed)?.code, "unauthorized");
    await guest.left;
    assert.ok(guest.ends.length > 0);
  });

  Deno.test(`Relay: an expired grant by ${way} ends its session`, async () => {
    const guest = visit({ hasUrl, expires: Math.floor(Date.now() / 1000) });
    const error = await guest.session.closed;
    assert.match(error?.message ?? "", /expired$/);
    await guest.left;
  });
}

Deno.test("Relay.grants: holds each session's grant until it ends", async () => {
  const { relay, session, left } = visit({
    hasUrl: true,
    tier: "gold",
    isRelay: true,
  });
  await session.peer;
  const [[served, grant] = []] = relay.grants;
  assert.ok(served && relay.sessions.has(served));
  assert.deepEqual([grant?.tier, grant?.isRelay], ["gold", true]);
  session.close();
  await left;
  assert.equal(relay.grants.size, 0);
});

Deno.test("Relay: a peer that is gone before accept releases its grant", async () => {
  const guest = visit({ hasUrl: true, isGone: true });
  await guest.left;
  assert.deepEqual(guest.ends, [
    { reason: "Peer is gone", durationMs: 0 },
  ]);
  guest.session.close();
  await guest.session.closed;
});

const GRANTS: Readonly<Record<string, Omit<Grant, "root">>> = {
  "/exact": { publish: ["eve"], subscribe: [] },
  "/prefix": { publish: ["bob/**"], subscribe: [] },
  "/mixed": { publish: ["ann", "ann/open/*"], subscribe: [] },
  "/lobby": { publish: [""], subscribe: [] },
  "/viewer": { publish: [], subscribe: ["**"] },
  "/exact-viewer": { publish: [], subscribe: ["bob"] },
};

/** A session with `relay` that has the grant of `path`. */
function join(
  { relay, clock }: { readonly relay: Relay; readonly clock: VirtualClock },
  path: string,
  readable?: OriginScope,
): Session {
  const [client, server] = memoryPair({ protocol: "moq-lite-06" });
  void relay.accept({
    transport: "webtransport",
    target: path,
    protocol: "moq-lite-06",
    accept: () => Promise.resolve(server),
    refuse: (error) => server.close(0, error.message),
  });
  return openSession(
    client,
    readable ? { clock, readable } : { clock },
  );
}

Deno.test("Relay: an exact grant covers nothing below its path", async () => {
  const clock = new VirtualClock();
  const relay = new Relay({
    clock,
    authorizer: {
      grant: ({ path }) => Promise.resolve({ root: "", ...GRANTS[path]! }),
    },
  });
  const world = { relay, clock };
  await clock.run(seeExactly(world));
});

async function seeExactly(world: Parameters<typeof join>[0]): Promise<void> {
  const asked: string[] = [];
  const sessions = [
    ["/exact", "eve"],
    ["/prefix", "bob"],
    ["/mixed", "ann"],
    ["/lobby", ""],
  ].map(([grant, path]) => {
    const origin = new Origin();
    // Some peers announce one path and serve every request below it.
    origin.claim(path!, {
      covers: () => true,
      consume: (rest) => {
        asked.push(rest === "" ? path! : `${path}/${rest}`);
        const broadcast = new BroadcastProducer();
        broadcast.createTrack("video").writeFrame({
          timestamp: 0,
          payload: new Uint8Array(1),
        });
        return broadcast.consume();
      },
    }, { hops: [], warm: 0, cold: 0 });
    return join(world, grant!, origin.scope());
  });
  const viewer = join(world, "/viewer");
  const exact = join(world, "/exact-viewer");
  const listed: string[] = [];
  for await (const { path } of viewer.announced()) {
    if (listed.push(path) === sessions.length) break;
  }
  assert.deepEqual(listed.toSorted(), ["", "ann", "bob", "eve"]);
  const sees = async (session: Session, path: string): Promise<boolean> => {
    const reader = session.consume(path).track("video").subscribe();
    const group = await reader.next().catch((error) => {
      assert.ok(error instanceof MoqError && error.code === "unroutable");
    });
    reader.close();
    return group !== undefined;
  };
  for (const path of ["eve", "bob", "bob/deep/er", "ann", "ann/open/a", ""]) {
    assert.ok(await sees(viewer, path), path);
  }
  asked.length = 0;
  for (const path of ["eve/private", "ann/b", "ann/open/a/b", "alice"]) {
    assert.equal(await sees(viewer, path), false, path);
  }
  assert.ok(await sees(exact, "bob"));
  assert.equal(await sees(exact, "bob/deep"), false);
  assert.deepEqual(asked.filter((path) => path !== "bob"), []);
  const all = [...sessions, viewer, exact];
  for (const session of all) session.close();
  await Promise.all(all.map(({ closed }) => closed));
}

Deno.test("Relay: a peer whose grant comes while it drains is sent away", async () => {
  const granting = Promise.withResolvers<Grant>();
  const relay = new Relay({ authorizer: { grant: () => granting.promise } });
  const [client, server] = memoryPair({ protocol: "moq-lite-06" });
  const left = relay.accept({
    transport: "webtransport",
    target: "/",
    accept: () => Promise.resolve(server),
    refuse: (error) => server.close(0, error.message),
  });
  const session = openSession(client);
  await relay.drain(0);
  granting.resolve({ root: "", publish: ["**"], subscribe: ["**"] });
  await left;
  assert.equal((await session.closed)?.code, "going-away");
  assert.equal(relay.sessions.size, 0);
});

Deno.test("Relay: a grant that allows nothing says so to a peer without role", async () => {
  const { session, left } = visit({ hasUrl: true, publish: [] });
  assert.match(
    (await session.closed)?.message ?? "",
    /allows nothing to a peer$/,
  );
  await left;
});
