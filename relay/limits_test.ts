import assert from "node:assert/strict";
import { Gate, networkOf } from "./limits.ts";

Deno.test("Gate: one address gets no more than its share", () => {
  const gate = new Gate({ total: 3, perAddress: 2 });
  const leave = gate.enter("10.0.0.1:1");
  assert.ok(typeof leave === "function");
  assert.ok(typeof gate.enter("10.0.0.1:2") === "function");
  assert.equal(gate.enter("10.0.0.1:3"), "address");
  assert.ok(typeof gate.enter("10.0.0.2:1") === "function");
  assert.equal(gate.enter("10.0.0.3:1"), "total");
  leave();
  leave();
  assert.equal(gate.size, 2);
  assert.ok(typeof gate.enter("10.0.0.1:4") === "function");
  assert.equal(gate.enter("10.0.0.1:5"), "address");
});

Deno.test("networkOf: IPv4 addresses, and IPv6 /64 networks", () => {
  const cases: readonly [remote: string, network: string][] = [
    ["192.0.2.7:443", "192.0.2.7"],
    ["[::ffff:192.0.2.7]:443", "192.0.2.7"],
    ["[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2"],
    ["[2001:db8:1:2::9]:1", "2001:db8:1:2"],
    ["[2001:0db8::1]:1", "2001:db8:0:0"],
    ["[::1]:1", "0:0:0:0"],
  ];
  for (const [remote, network] of cases) {
    assert.equal(networkOf(remote), network, remote);
  }
});
