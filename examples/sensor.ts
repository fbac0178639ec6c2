/**
 * Publishes a sensor's values as JSON once a second, and reconnects when the relay
 * is lost.
 *
 *     deno run --allow-net examples/sensor.ts http://localhost:4443
 *
 * @module
 */
import { BroadcastProducer, sleep, systemClock } from "@moq-deno/lite";
import { reconnect } from "@moq-deno/lite/deno";
import { SnapshotProducer } from "@moq-deno/lite/json";

const connection = reconnect(Deno.args[0] ?? "http://localhost:4443");
const attic = new BroadcastProducer();
const readings = new SnapshotProducer(attic.createTrack("readings.json"));
connection.publish("sensors/attic", attic);

for (;;) {
  readings.update({ celsius: 20 + Math.random(), at: new Date() });
  await sleep(systemClock, 1000);
}
