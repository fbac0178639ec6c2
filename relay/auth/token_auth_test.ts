import assert from "node:assert/strict";
import { type Clock, MoqError } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import { type Grant, OriginAuth, type Peer, PublicAuth } from "./auth.ts";
import { generateKey, type Key, KeySet } from "../token/mod.ts";
import { KeyFile, KeyFolder, type KeySource, KeyUrl } from "./key_source.ts";
import { parseRevocations, Revocations } from "./revocations.ts";
import { NoAnonymousAuth, TokenAuth } from "./token_auth.ts";

const KEY = await generateKey("HS256", { id: "k1" });
const CLAIMS = { root: "room", publish: ["alice/**"], subscribe: ["**"] };

function sourceOf(...keys: readonly Key[]): KeySource {
  const set = new KeySet(keys);
  return { find: (id) => Promise.resolve(set.find(id)) };
}

interface Given {
  readonly sources?: readonly KeySource[];
  readonly revocations?: Revocations;
  readonly isPublic?: boolean;
}

function authOf(
  { sources = [sourceOf(KEY)], revocations = new Revocations(), isPublic }:
    Given = {},
): TokenAuth {
  const anonymous = isPublic
    ? new PublicAuth({ publish: [], subscribe: ["anon/**"] })
    : new NoAnonymousAuth();
  return new TokenAuth({ sources, revocations, anonymous, log: SILENT });
}

function request(path: string, token?: string): Peer {
  const query = token === undefined ? "" : `jwt=${token}`;
  return { transport: "quic", path, query };
}

async function refusal(grant: Promise<Grant>): Promise<MoqError> {
  const error = await grant.then(() => undefined, (error) => error);
  assert.ok(error instanceof MoqError, String(error));
  return error;
}

Deno.test("TokenAuth: grants are relative to the dialled path", async () => {
  const token = await KEY.sign({ ...CLAIMS, expires: 4_102_444_800 });
  const { lease, ...grant } = await authOf().grant(
    request("/room//alice/", token),
  );
  assert.deepEqual(grant, {
    root: "room/alice",
    publish: ["**"],
    subscribe: ["**"],
    expires: 4_102_444_800,
    subject: undefined,
  });
  lease?.release({ reason: "done", durationMs: 0 });
  const other = await refusal(authOf().grant(request("/other", token)));
  assert.equal(other.code, "unauthorized");
});

Deno.test("TokenAuth: the subject is the token's sub, or else its jti", async () => {
  for (
    const [facts, subject] of [
      [{ subject: "ada", id: "7" }, "ada"],
      [{ id: "7" }, "7"],
    ] as const
  ) {
    const token = await KEY.sign({ ...CLAIMS, ...facts });
    const grant = await authOf().grant(request("/room", token));
    assert.equal(grant.subject, subject);
    grant.lease?.release({ reason: "done", durationMs: 0 });
  }
});

Deno.test("TokenAuth: public rules without a token, nothing with a bad one", async () => {
  const auth = authOf({ isPublic: true });
  assert.deepEqual((await auth.grant(request("/anon"))).subscribe, ["**"]);
  const expired = await KEY.sign({ ...CLAIMS, expires: 1 });
  for (const token of [expired, "garbage"]) {
    const error = await refusal(auth.grant(request("/anon", token)));
    assert.equal(error.code, "unauthorized");
    assert.equal(error.message.includes(token), false);
  }
  assert.match(
    (await refusal(authOf().grant(request("/anon")))).message,
    /No token, add/,
  );
});

Deno.test("TokenAuth: the first source with the key decides alone", async () => {
  const impostor = await generateKey("HS256", { id: "k1" });
  const auth = authOf({ sources: [sourceOf(KEY), sourceOf(impostor)] });
  const forged = await impostor.sign(CLAIMS);
  assert.equal(
    (await refusal(auth.grant(request("/room", forged)))).code,
    "unauthorized",
  );
});

Deno.test("TokenAuth: unreadable keys refuse peers as unavailable", async () => {
  const sources = [{
    find: () => Promise.reject(new Deno.errors.NotFound("/secret/path")),
  }];
  const token = await KEY.sign(CLAIMS);
  const error = await refusal(
    authOf({ sources }).grant(request("/room", token)),
  );
  assert.deepEqual([error.code, error.remoteCode], ["transport", 566]);
  assert.equal(error.message.includes("/secret"), false);
});

for (const line of ["jti 7", "sub ann", "kid k1"]) {
  Deno.test(`Revocations: "${line}" ends a session and refuses it later`, async () => {
    const revocations = new Revocations();
    const auth = authOf({ revocations });
    const token = await KEY.sign({ ...CLAIMS, id: "7", subject: "ann" });
    const { lease } = await auth.grant(request("/room", token));
    revocations.replace(
      parseRevocations("# no entry matches\njti 8\nsub an\n"),
    );
    revocations.replace(parseRevocations(`\n  ${line} \n`));
    assert.equal((await lease?.revoked)?.code, "unauthorized");
    const again = await refusal(auth.grant(request("/room", token)));
    assert.match(again.message, /revoked by its (jti|sub|kid)$/);
    assert.equal(revocations.holders, 1);
    lease?.release({ reason: "closed", durationMs: 1 });
    assert.equal(revocations.holders, 0);
  });
}

Deno.test("parseRevocations: names the invalid line", () => {
  assert.throws(() => parseRevocations("jti 1\n\nfoo 2"), /line 3$/);
  assert.throws(() => parseRevocations("sub"), /line 1$/);
});

Deno.test("OriginAuth: admits listed pages and non-browser peers", async () => {
  const auth = new OriginAuth(
    ["https://app.example"],
    new PublicAuth({ publish: ["**"], subscribe: ["**"] }),
  );
  for (const origin of [undefined, "https://app.example"]) {
    await auth.grant({ ...request("/"), origin });
  }
  for (
    const origin of [
      "null",
      "",
      "http://app.example",
      "https://app.example:444",
      "https://app.example.evil",
      "https://APP.example",
    ]
  ) {
    const error = await refusal(auth.grant({ ...request("/"), origin }));
    assert.equal(error.code, "unauthorized", origin);
  }
});

async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("KeyFile: a replaced key counts for the next token", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/key.jwk`;
    const file = new KeyFile(path);
    await assert.rejects(file.find("k1"), Deno.errors.NotFound);
    await Deno.writeTextFile(path, KEY.toText());
    assert.equal((await file.find("any name"))?.id, "k1");
    const other = await generateKey("HS256", { id: "k2" });
    await Deno.writeTextFile(path, other.toText());
    assert.equal((await file.find(undefined))?.id, "k2");
    await Deno.writeTextFile(
      path,
      JSON.stringify({ keys: [KEY.toJson(), other.toJson()] }),
    );
    assert.equal((await file.find("k1"))?.id, "k1");
    assert.equal(await file.find("k3"), undefined);
  });
});

Deno.test("KeyFolder: finds keys by name, never outside the folder", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/keys`);
    await Deno.writeTextFile(`${folder}/keys/k1.jwk`, KEY.toText());
    await Deno.writeTextFile(`${folder}/outside.jwk`, KEY.toText());
    const keys = new KeyFolder(`${folder}/keys`);
    assert.equal((await keys.find("k1"))?.id, "k1");
    for (const id of [undefined, "", "../outside", "..", "k2", "k1\0", "/k1"]) {
      assert.equal(await keys.find(id), undefined, id);
    }
    await Deno.remove(`${folder}/keys/k1.jwk`);
    assert.equal(await keys.find("k1"), undefined);
  });
});

/** Time moves when a test moves it; timers never fire. */
class StillClock implements Clock {
  ms = 0;

  now(): number {
    return this.ms;
  }

  after(): () => void {
    return () => {};
  }
}

Deno.test("KeyUrl: honours Cache-Control, refetches for an unknown name", async () => {
  const other = await generateKey("ES256", { id: "k2" });
  let keys: readonly Key[] = [KEY];
  let status = 200;
  let asked = 0;
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, () => {
    asked++;
    const body = JSON.stringify({ keys: keys.map((key) => key.toJson()) });
    const headers = { "cache-control": "public, max-age=60" };
    return new Response(body, { status, headers });
  });
  try {
    const clock = new StillClock();
    const url = new URL(`http://127.0.0.1:${server.addr.port}/keys`);
    const source = new KeyUrl(url, { clock });
    const [one, two] = await Promise.all([
      source.find("k1"),
      source.find("k1"),
    ]);
    assert.deepEqual([one?.id, two?.id, asked], ["k1", "k1", 1]);

    keys = [KEY, other];
    assert.equal(await source.find("k2"), undefined, "fetched a moment ago");
    clock.ms += 10_000;
    assert.equal((await source.find("k2"))?.id, "k2");
    assert.equal(asked, 2);
    clock.ms += 59_000;
    await source.find("k1");
    assert.equal(asked, 2);
    clock.ms += 1_000;
    keys = [other];
    assert.equal(
      await source.find("k1"),
      undefined,
      "it was stale for too long",
    );
    assert.equal(asked, 3);

    status = 500;
    clock.ms += 60_000;
    assert.equal((await source.find("k2"))?.id, "k2");
    assert.equal((await source.find("k2"))?.id, "k2");
    assert.equal(asked, 4, "a failing server is not asked for every peer");
    clock.ms += 3_600_000;
    await assert.rejects(source.find("k2"), /keys answered with status 500/);
  } finally {
    await server.shutdown();
  }
});
