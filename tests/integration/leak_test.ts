import assert from "node:assert/strict";
import {
  BroadcastProducer,
  MoqError,
  openSession,
  Origin,
  protocolOf,
  sleep,
} from "@moq-deno/lite";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";
import { Ledger } from "./ledger.ts";

const ROUNDS = 2000;

for (const version of ["06", "04"] as const) {
  for (const reliableReset of [true, false]) {
    const kind = `draft ${version}, ${reliableReset ? "resets" : "FIN"}`;

    Deno.test(`Session: viewers that leave while waiting leak nothing (${kind})`, async () => {
      const clock = new VirtualClock();
      const ledger = new Ledger();
      const origin = new Origin({ clock });
      const broadcast = new BroadcastProducer();
      const silent = broadcast.createTrack("silent").track;
      const stuck = broadcast.createTrack("stuck");
      stuck.group();
      origin.publish("live", broadcast);
      // Accepts requests and never answers.
      const requests = broadcast.requests();
      const first = requests.next();

      const [near, far] = memoryPair({
        protocol: protocolOf(version),
        reliableReset,
      });
      const relay = openSession(ledger.wrap(far), {
        clock,
        readable: origin.scope(),
      });
      const viewer = openSession(ledger.wrap(near), { clock });
      await clock.run((async () => {
        const consumer = viewer.consume("live");
        for (let i = 0; i < ROUNDS; i++) {
          const leaving = new AbortController();
          const { signal } = leaving;
          const name = ["silent", "stuck", "unanswered"][i % 3]!;
          const next = consumer.track(name).subscribe({ signal }).next();
          if (i % 7 === 0) await sleep(clock, 1);
          leaving.abort(new MoqError("cancelled", "Left"));
          await next.catch(() => {});
          if (i % 5 === 0) await sleep(clock, 1);
        }
        await sleep(clock, 60_000);
        assert.equal(relay.stats.subscriptions, 0);
        for (const one of [silent, stuck.track]) {
          assert.equal(one.subscriptions.size, 0);
        }
        assert.equal(ledger.open, 0);
        viewer.close();
        await Promise.all([viewer.closed, relay.closed]);
      })());
      await first;
      await requests.return();
      broadcast.close();
    });
  }
}
