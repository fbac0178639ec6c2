import assert from "node:assert/strict";
import { ChatRoom } from "@moq-deno/hang/chat";
import { openMedia } from "@moq-deno/hang/media";
import {
  BroadcastProducer,
  openSession,
  type OriginScope,
  PROTOCOLS,
} from "@moq-deno/lite";
import { connectWebSocket } from "@moq-deno/lite/transport";
import { connect, reconnect } from "@moq-deno/lite/deno";
import { consumeSnapshots } from "@moq-deno/lite/json";
import { startRelay } from "@moq-deno/relay/server";
import { DENO_RUN, Program, ROOT } from "./process.ts";
import { temporaryFolder } from "./temporary_folder.ts";

Deno.test("examples/clock.ts ticks through examples/minimal_relay.ts", async () => {
  const options = { cwd: ROOT };
  await using relay = new Program(
    [...DENO_RUN, "examples/minimal_relay.ts", "0"],
    options,
  );
  const [url] = await relay.prints(/http:\/\/127\.0\.0\.1:\d+/);
  const clock: typeof DENO_RUN = [...DENO_RUN, "examples/clock.ts"];
  await using publisher = new Program([...clock, "publish", url], options);
  await using subscriber = new Program([...clock, "subscribe", url], options);
  const [, first = "", second = ""] = await subscriber.prints(
    /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\n(.+)\n/,
  );
  assert.equal(Date.parse(`${second}Z`) - Date.parse(`${first}Z`), 1000);
  assert.equal(await subscriber.stop("SIGINT"), 0);
  assert.equal(await publisher.stop("SIGINT"), 0);
});

Deno.test("examples/minimal_relay.ts has at most 60 lines", async () => {
  const file = new URL("examples/minimal_relay.ts", ROOT);
  const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
  assert.ok(lines.length <= 60, `it has ${lines.length}`);
});

/** Runs a relay during `test`, which gets its URL. */
async function withRelay(test: (url: string) => Promise<void>): Promise<void> {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  try {
    const [address] = relay.httpAddresses;
    await test(`http://127.0.0.1:${address?.port}`);
  } finally {
    await relay.close();
  }
}

function example(name: string, ...args: readonly string[]): Program {
  return new Program(
    [...DENO_RUN, "--allow-write", `examples/${name}`, ...args],
    { cwd: ROOT },
  );
}

/** The demo's clip as the broadcast `demo`. */
function publishClip(url: string): Program {
  const args = ["--url", url, "--name", "demo", "--loop"];
  return new Program(
    [
      ...DENO_RUN,
      "hang/cli/main.ts",
      "publish",
      ...args,
      "examples/demo/clip.mp4",
    ],
    { cwd: ROOT },
  );
}

Deno.test("examples/sensor.ts publishes a value that changes", () =>
  withRelay(async (url) => {
    await using _sensor = example("sensor.ts", url);
    await using session = await connect(url, { role: "subscriber" });
    await session.whenAnnounced("sensors/attic");
    const track = session.consume("sensors/attic").track("readings.json");
    const times: string[] = [];
    for await (const value of consumeSnapshots(track)) {
      const { celsius, at } = value as { celsius: number; at: string };
      assert.ok(celsius >= 20 && celsius <= 21);
      times.push(at);
      if (times.length === 2) break;
    }
    assert.notEqual(times[0], times[1]);
  }));

Deno.test("examples/chat_bot.ts greets those who say hello", () =>
  withRelay(async (url) => {
    await using _bot = example("chat_bot.ts", url, "lobby");
    const { local, remote, ...connection } = connectionTo(url);
    const room = new ChatRoom({ room: "lobby", name: "ada", local, remote });
    room.send("hello everyone");
    for await (const { name, text, isOwn } of room.read()) {
      if (isOwn) continue;
      assert.deepEqual([name, text], ["bot", "Hello, ada!"]);
      break;
    }
    room.close();
    await connection.close();
  }));

interface Joined {
  readonly local: OriginScope;
  readonly remote: OriginScope;
  close(): Promise<void>;
}

function connectionTo(url: string): Joined {
  const connection = reconnect(url);
  return {
    local: connection.local.scope(),
    remote: connection.remote.scope(),
    async close(): Promise<void> {
      connection.close();
      await connection.closed;
    },
  };
}

Deno.test("examples/record.ts writes an MP4 file of what is live", () =>
  withRelay(async (url) => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/demo.mp4`;
    await using _publisher = publishClip(url);
    await using recorder = example("record.ts", url, "demo", file);
    await grows(file, 100_000);
    assert.equal(await recorder.stop("SIGINT"), 0);
    const media = await openMedia(await Deno.readFile(file));
    const kinds = media.tracks.map(({ kind }) => kind).sort();
    assert.deepEqual(kinds, ["audio", "video"]);
    media.close();
  }));

/** Waits until the file has at least `bytes` bytes. */
async function grows(file: string, bytes: number): Promise<void> {
  const folder = file.slice(0, file.lastIndexOf("/"));
  using changes = Deno.watchFs(folder);
  for await (const _ of changes) {
    const { size } = await Deno.stat(file).catch(() => ({ size: 0 }));
    if (size >= bytes) return;
  }
}

Deno.test("examples/embedded_relay.ts is a relay inside a site", async () => {
  await using site = example("embedded_relay.ts", "0");
  const [, port] = await site.prints(/Port (\d+)/);
  const page = await fetch(`http://127.0.0.1:${port}/`);
  assert.match(await page.text(), /^My site/);
  const url = `ws://127.0.0.1:${port}/live`;
  const open = async () =>
    openSession(await connectWebSocket(url, { protocols: PROTOCOLS }));
  await using publisher = await open();
  await using viewer = await open();
  publisher.publish("clock", new BroadcastProducer());
  await viewer.whenAnnounced("clock");
  const listing = await fetch(`http://127.0.0.1:${port}/announced/live`);
  assert.equal(await listing.text(), "clock\n");
});

const SHORT = [
  "sensor.ts",
  "chat_bot.ts",
  "record.ts",
  "embedded_relay.ts",
  "react/main.tsx",
];
for (const name of SHORT) {
  Deno.test(`examples/${name} has less than 25 lines`, async () => {
    const text = await Deno.readTextFile(new URL(`examples/${name}`, ROOT));
    assert.ok(text.trimEnd().split("\n").length < 25);
  });
}

Deno.test("examples/guide.ts lists what is live, through the root's mod.ts", () =>
  withRelay(async (url) => {
    await using _publisher = publishClip(url);
    await using guide = example("guide.ts", url);
    const [, renditions = ""] = await guide.prints(/^demo: (.+)\n/);
    assert.equal(renditions.split(", ").length, 2);
  }));
