/**
 * One session asks the other for its measurements.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openSession, protocolOf, VERSIONS } from "@moq-deno/lite";
import { memoryPair } from "@moq-deno/lite/testing";

for (const version of VERSIONS.filter((one) => one >= "03")) {
  Deno.test(`Session.probe: reports the round trip (draft ${version})`, async () => {
    const [one, other] = memoryPair({ protocol: protocolOf(version) });
    const [viewer, relay] = [openSession(one), openSession(other)];
    const stop = new AbortController();
    const reports = viewer.probe(stop.signal);
    const { value: first } = await reports.next();
    assert.equal(first?.bitrateBps, 0);
    assert.equal(first!.rttMs > 0, version !== "03");
    const next = reports.next();
    stop.abort();
    assert.equal((await next).done, true);

    const untilTheEnd = viewer.probe();
    await untilTheEnd.next();
    const last = untilTheEnd.next();
    viewer.close();
    assert.equal((await last).done, true);
    await relay.closed;
  });
}
