import assert from "node:assert/strict";
import { DENO_RUN, Program, ROOT } from "./process.ts";

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
