import assert from "node:assert/strict";
import { sleep } from "../time.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { Handshakes } from "./handshakes.ts";

/** A client's handshake, as the runtime shows it: complete when the test says so, or closed by us. */
class Client {
  readonly handshake = Promise.withResolvers<void>();
  readonly closed = Promise.withResolvers<Deno.QuicCloseInfo>();
  reason: string | undefined;
  isIgnored = false;

  readonly incoming = {
    ignore: () => void (this.isIgnored = true),
    accept: () => ({
      handshake: this.handshake.promise,
      closed: this.closed.promise,
      close: (info: Deno.QuicCloseInfo) => this.end(info),
    }),
  } as unknown as Deno.QuicIncoming;

  // The runtime says that the handshake is over whichever way it ended.
  end(info: Deno.QuicCloseInfo): void {
    this.reason = info.reason;
    this.closed.resolve(info);
    this.handshake.resolve();
  }
}

Deno.test("Handshakes: an incomplete one times out even if its client repeats", async () => {
  const clock = new VirtualClock();
  const handshakes = new Handshakes({ clock, timeoutMs: 2000 });
  const { incoming } = new Client();
  await assert.rejects(clock.run(handshakes.complete(incoming)), {
    name: "MoqError",
    code: "timeout",
  });
  assert.equal(clock.now(), 2000);
  assert.deepEqual(handshakes.counts, {
    underway: 0,
    complete: 0,
    failed: 1,
    ignored: 0,
  });
  handshakes.close();
});

async function outcome(
  handshakes: Handshakes,
  { incoming }: Client,
): Promise<string> {
  try {
    await handshakes.complete(incoming);
    return "in";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

Deno.test("Handshakes: one too many is ignored before it costs anything", async () => {
  const clock = new VirtualClock();
  const handshakes = new Handshakes({ clock, max: 6 });
  const flood = Array.from({ length: 10 }, () => new Client());
  const ends = flood.map((client) => outcome(handshakes, client));
  assert.deepEqual(
    flood.map((one) => one.isIgnored),
    flood.map((_, i) => i >= 3),
  );
  assert.equal(handshakes.counts.underway, 3);
  handshakes.close();
  const codes = await clock.run(Promise.all(ends));
  assert.equal(codes.filter((code) => code === "lagged").length, 7);
  const counts = { underway: 0, complete: 0, failed: 3, ignored: 7 };
  assert.deepEqual(handshakes.counts, counts);
});

Deno.test("Handshakes: a flood stays within the limit and lets others in", async () => {
  const clock = new VirtualClock();
  const max = 100;
  const handshakes = new Handshakes({ clock, max });
  const flood: Promise<string>[] = [];
  // When each was let in, and whether it is held: 1 s until it is given up, 3.5 s after that.
  const admittedMs: number[] = [];
  let isFlooding = true;
  await clock.run((async () => {
    const flooding = (async () => {
      for (let i = 0; i < 20_000; i++) {
        const client = new Client();
        flood.push(outcome(handshakes, client));
        if (!client.isIgnored) admittedMs.push(clock.now());
        const held = admittedMs.filter((ms) => clock.now() - ms < 4500);
        assert.ok(held.length <= max, `${held.length} held`);
        await sleep(clock, 1);
      }
      isFlooding = false;
    })();
    let entered = 0;
    while (isFlooding) {
      const honest = new Client();
      honest.handshake.resolve();
      if (await outcome(handshakes, honest) === "in") entered++;
      await sleep(clock, 97);
    }
    await flooding;
    assert.ok(entered > 0, "one gets in");
    handshakes.close();
    await Promise.all(flood);
  })());
});

Deno.test("Handshakes: a burst is forgotten five seconds later", async () => {
  const clock = new VirtualClock();
  const handshakes = new Handshakes({ clock, max: 4 });
  await clock.run((async () => {
    const burst = [1, 2].map(() => outcome(handshakes, new Client()));
    await sleep(clock, 10);
    assert.equal(await outcome(handshakes, new Client()), "lagged");
    await sleep(clock, 4500);
    assert.deepEqual(await Promise.all(burst), ["timeout", "timeout"]);
    const again = [1, 2].map(() => {
      const client = new Client();
      client.handshake.resolve();
      return outcome(handshakes, client);
    });
    assert.deepEqual(await Promise.all(again), ["in", "in"]);
    handshakes.close();
  })());
});

Deno.test("Handshakes: a client that refuses our certificate never gets in", async () => {
  const clock = new VirtualClock();
  const handshakes = new Handshakes({ clock });
  const client = new Client();
  const entered = handshakes.complete(client.incoming);
  client.closed.reject(new Error("unknown issuer"));
  client.handshake.resolve();
  await assert.rejects(clock.run(entered), /unknown issuer/);
  assert.deepEqual(handshakes.counts, {
    underway: 0,
    complete: 0,
    failed: 1,
    ignored: 0,
  });
  handshakes.close();
});
