/**
 * What the commands of `hang` do when a relay refuses them, is not there, or
 * goes away and comes back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type RunningRelay, startRelay } from "@moq-deno/relay/server";
import { DENO_RUN, Program, ROOT } from "../package/process.ts";
import { Hang } from "./hang_process.ts";
import { ffmpegTest, output, probe } from "./tools.ts";

const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url).pathname;
const RECORDING = await Deno.makeTempDir();
addEventListener(
  "unload",
  () => Deno.removeSync(RECORDING, { recursive: true }),
);

/** A relay for holders of tokens, of which there are none. */
async function closedRelay(): Promise<RunningRelay> {
  const key = await Deno.makeTempFile({ suffix: ".jwk" });
  const k = crypto.getRandomValues(new Uint8Array(32))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  await Deno.writeTextFile(
    key,
    JSON.stringify({ kty: "oct", alg: "HS256", k }),
  );
  try {
    return await startRelay(["--listen", "127.0.0.1:0", "--auth-key", key]);
  } finally {
    await Deno.remove(key);
  }
}

interface Restartable {
  readonly relay: Program;
  /** `host:port` of UDP and TCP. */
  readonly address: string;
}

/** A relay in a process of its own, whose port is free when it has ended. */
async function relayProcess(listen = "127.0.0.1:0"): Promise<Restartable> {
  const program = [...DENO_RUN, "relay/main.ts", "--listen", listen] as const;
  const relay = new Program([...program, "--drain-timeout", "0s"], {
    cwd: ROOT,
  });
  const [, address = ""] = await relay.prints(
    /^ *listening +(127\.0\.0\.1:\d+)/m,
  );
  return { relay, address };
}

async function end({ relay }: Restartable): Promise<void> {
  await relay.stop("SIGTERM");
  await relay[Symbol.asyncDispose]();
}

/** The commands that connect, behind their `--url`. */
const COMMANDS: readonly (readonly string[])[] = [
  ["publish", "--name", "a", "--loop", CLIP],
  ["record", "--name", "a", RECORDING],
  ["record", "--name", "a", "--dvr", "b", RECORDING],
  ["subscribe", "--name", "a", "-"],
  ["announced"],
  ["catalog", "--name", "a", "--follow"],
  ["chat", "--name", "room/ada"],
  ["serve-hls", "--name", "a", "--listen", "127.0.0.1:0"],
];

for (const scheme of ["http", "moqt"]) {
  Deno.test(`hang: a refused token ends every command, ${scheme}:`, async () => {
    const relay = await closedRelay();
    const url = scheme === "http"
      ? `http://127.0.0.1:${relay.httpAddresses[0]!.port}`
      : `moqt://127.0.0.1:${relay.addresses[0]!.port}`;
    const pin = scheme === "http" ? [] : ["--fingerprint", relay.fingerprint];
    try {
      for (const [name = "", ...args] of COMMANDS) {
        const where = ["--url", `${url}/?jwt=bad`, ...pin];
        await using hang = new Hang([name, ...where, ...args]);
        const said = await hang.failure();
        assert.match(said, /^hang: .*Expected a token: three parts/m, name);
      }
    } finally {
      await relay.close();
    }
  });
}

Deno.test("hang: a role that the token does not grant ends the command", async () => {
  const relay = await startRelay([
    ...["--listen", "127.0.0.1:0", "--auth-public-subscribe", "**"],
    ...["--auth-read-only", "true"],
  ]);
  const url = `http://127.0.0.1:${relay.httpAddresses[0]!.port}`;
  try {
    const args = ["publish", "--url", url, "--name", "a", "--loop", CLIP];
    await using hang = new Hang(args);
    assert.match(
      await hang.failure(),
      /The grant allows nothing to a publisher$/m,
    );
  } finally {
    await relay.close();
  }
});

Deno.test("hang: a relay that is not there is dialled until it is", async () => {
  const first = await relayProcess();
  await end(first);
  const url = `http://${first.address}`;
  await using hang = new Hang(["announced", "--url", url]);
  await hang.says(/^no relay, trying again: .*/m);
  await using relay = (await relayProcess(first.address)).relay;
  await hang.says(/^connected to the relay$/m);
  assert.equal(await relay.stop("SIGTERM"), 0);
});

for (const command of ["subscribe", "catalog", "record"]) {
  Deno.test(`hang ${command}: nothing announced is an error with what to do`, async () => {
    const relay = await startRelay(["--listen", "127.0.0.1:0"]);
    const url = `http://127.0.0.1:${relay.httpAddresses[0]!.port}`;
    const folder = await Deno.makeTempDir();
    const into = command === "record" ? [folder] : [];
    try {
      await using hang = new Hang([
        ...[command, "--url", url, "--name", "room/film", "--seconds", "3"],
        ...into,
      ]);
      const said = await hang.failure();
      assert.match(said, /no broadcast announced at "room\/film" yet: .+\n/);
      assert.match(
        said,
        /^hang: no broadcast announced at "room\/film": start its publisher, or see hang announced .*\n$/m,
      );
    } finally {
      await relay.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

ffmpegTest(
  "hang: subscribe and announced go on after a restart of the relay",
  async () => {
    const folder = await Deno.makeTempDir();
    let relay = await relayProcess();
    const { address } = relay;
    const where = ["--url", `http://${address}`];
    const film = [...where, "--name", "film"];
    const file = `${folder}/film.mp4`;
    try {
      await using publisher = new Hang(["publish", ...film, "--loop", CLIP]);
      await using listing = new Hang(["announced", ...where]);
      await using viewer = new Hang(["subscribe", ...film, file]);
      const lines = listing.lines()[Symbol.asyncIterator]();
      assert.equal((await lines.next()).value, "+ film");
      await viewer.says(/groups [1-9]/);
      await end(relay);
      assert.equal((await lines.next()).value, "- film");
      await viewer.says(/^no relay, trying again: /m);
      relay = await relayProcess(address);
      assert.equal((await lines.next()).value, "+ film");
      // The number of groups grows again.
      await viewer.says(
        /\nconnected to the relay\n[^]*groups (\d+)\b[^]*groups (?!\1\b)\d/,
      );
      await lines.return?.();
      await viewer.stop();
      await listing.stopUnread();
      await publisher.stopUnread();
      const streams = await probe(file);
      assert.deepEqual(streams.map((one) => one.codec_name), ["h264", "aac"]);
      await output("ffmpeg", ["-xerror", "-i", file, "-f", "null", "-"]);
    } finally {
      await relay.relay[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    }
  },
);
