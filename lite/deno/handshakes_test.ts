import assert from "node:assert/strict";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { Handshakes } from "./handshakes.ts";

/** A client's handshake, as the runtime shows it: complete when the test says so, or closed by us. */
class Client {
  readonly handshake = Promise.withResolvers<void>();
  readonly closed = Promise.withResolvers<Deno.QuicCloseInfo>();
  reason: string | undefined;

  readonly incoming = {
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

Deno.test("Handshakes: one that is never complete ends in time, however often its client repeats itself", async () => {
  const clock = new VirtualClock();
  const handshakes = new Handshakes({ clock, timeoutMs: 2000 });
  const { incoming } = new Client();
  await assert.rejects(clock.run(handshakes.complete(incoming)), {
    name: "MoqError",
    code: "timeout",
  });
  assert.equal(clock.now(), 2000);
  assert.deepEqual(handshakes.counts, { underway: 0, complete: 0, failed: 1 });
});

Deno.test("Handshakes: a flood ends the oldest, and who comes last gets in", async () => {
  const clock = new VirtualClock();
  const handshakes = new Handshakes({ clock, max: 3 });
  const flood = Array.from({ length: 10 }, () => new Client());
  const ends = flood.map(({ incoming }) =>
    handshakes.complete(incoming).then(() => "in", ({ code }) => code)
  );
  const honest = new Client();
  const entered = handshakes.complete(honest.incoming);
  assert.equal(handshakes.counts.underway, 3);
  honest.handshake.resolve();
  const conn = await clock.run(entered);
  assert.equal(honest.reason, undefined, "not closed");
  assert.ok(conn);
  handshakes.close();
  const codes = await clock.run(Promise.all(ends));
  assert.deepEqual(codes, flood.map(() => "timeout"));
  assert.deepEqual(handshakes.counts, { underway: 0, complete: 1, failed: 10 });
});

Deno.test("Handshakes: a client that refuses our certificate never gets in", async () => {
  const clock = new VirtualClock();
  const handshakes = new Handshakes({ clock });
  const client = new Client();
  const entered = handshakes.complete(client.incoming);
  client.closed.reject(new Error("unknown issuer"));
  client.handshake.resolve();
  await assert.rejects(clock.run(entered), /unknown issuer/);
  assert.deepEqual(handshakes.counts, { underway: 0, complete: 0, failed: 1 });
});
