/** Viewers that do not read what they subscribed to. */
import assert from "node:assert/strict";
import { Hostile } from "./hostile.ts";
import { LARGE_TRACK } from "./steady.ts";
import { faultTest, type Way } from "./world.ts";

const WAYS: readonly Way[] = ["moqt", "https", "ws"];
const MEGABYTE = 1_000_000;

for (const manner of ["never reads", "stops in mid-group"] as const) {
  faultTest(
    `a viewer that ${manner} loses its session`,
    {},
    async (world) => {
      const before = await world.relay.usage();
      const viewers = await Promise.all(
        WAYS.map((way) => Hostile.open(world, way)),
      );
      for (const viewer of viewers) {
        await viewer.subscribe(LARGE_TRACK);
        if (manner === "stops in mid-group") await viewer.readSome();
        viewer.pause();
      }
      await world.until(
        "they have subscribed",
        ({ subscriptions }) => subscriptions === 1 + WAYS.length,
      );
      let most = 0;
      await world.until("they are closed", (state) => {
        most = Math.max(most, ...state.mostUnconfirmedBytes);
        return state.sessions === 2;
      });
      assert.ok(most > 0 && most <= MEGABYTE, `${most} bytes in flight`);
      const after = await world.relay.usage();
      const grown = after.residentBytes - before.residentBytes;
      assert.ok(grown < 64 * MEGABYTE, `grown by ${grown} bytes`);
      await world.untilSockets(before.openSockets);
      for (const viewer of viewers) await viewer.leave();
    },
  );
}

faultTest(
  "viewers that are killed in mid-group are removed",
  { flags: ["--quic-idle-timeout=3s", "--quic-keep-alive=1s"] },
  async (world) => {
    const { openSockets } = await world.relay.usage();
    await using viewers = new AsyncDisposableStack();
    for (const way of WAYS) {
      const viewer = world.run("viewer_process.ts", { way });
      viewers.use(viewer);
      assert.equal(await viewer.next(), "in mid-group");
      await viewer.kill();
    }
    await world.until(
      "they are removed",
      ({ sessions, subscriptions }) => sessions === 2 && subscriptions === 1,
    );
    await world.untilSockets(openSockets);
  },
);
