import assert from "node:assert/strict";
import { VirtualClock } from "@moq-deno/lite/testing";
import { type DeviceAccess, DeviceSource } from "./device_source.ts";

/** A device that can be unplugged. */
class Track extends EventTarget {
  readyState = "live";
  stop(): void {
    this.readyState = "ended";
  }
  unplug(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

/** A machine whose devices come and go; notes what it is asked for. */
class Machine extends EventTarget {
  readonly asked: MediaStreamConstraints[] = [];
  readonly tracks: Track[] = [];
  refusal: string | undefined;

  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    this.asked.push(constraints);
    if (this.refusal) {
      return Promise.reject(new DOMException("x", this.refusal));
    }
    const track = new Track();
    this.tracks.push(track);
    return Promise.resolve({ getTracks: () => [track] } as never);
  }
}

function open(): {
  readonly machine: Machine;
  readonly clock: VirtualClock;
  readonly source: DeviceSource;
} {
  const machine = new Machine();
  const clock = new VirtualClock();
  const source = new DeviceSource({
    device: "camera",
    access: machine as unknown as DeviceAccess,
    clock,
  });
  return { machine, clock, source };
}

const settle = () => new Promise((done) => setImmediate(done));

Deno.test("DeviceSource: is open while on, and follows the chosen device", async () => {
  const { machine, source } = open();
  await settle();
  assert.equal(machine.asked.length, 0, "nothing before it is wanted");
  source.isOn.set(true);
  await settle();
  assert.equal(source.track.peek(), machine.tracks[0] as unknown);
  source.deviceId.set("other");
  await settle();
  assert.equal(machine.tracks[0]!.readyState, "ended");
  assert.deepEqual(
    (machine.asked[1]!.video as MediaTrackConstraints).deviceId,
    { ideal: "other" },
  );
  source.isOn.set(false);
  await settle();
  assert.equal(machine.tracks[1]!.readyState, "ended", "its light is off");
  assert.equal(source.track.peek(), undefined);
  source.close();
});

Deno.test("DeviceSource: a lost device is retried, and used once plugged in", async () => {
  const { machine, clock, source } = open();
  source.isOn.set(true);
  await settle();
  machine.refusal = "NotFoundError";
  machine.tracks[0]!.unplug();
  await settle();
  assert.equal(source.track.peek(), undefined);
  assert.equal(source.problem.peek()?.kind, "lost");
  assert.equal(machine.asked.length, 2);
  await clock.advance(499);
  assert.equal(machine.asked.length, 2);
  await clock.advance(1);
  assert.equal(machine.asked.length, 3);
  await clock.advance(1000);
  assert.equal(machine.asked.length, 4);
  assert.equal(source.problem.peek()?.kind, "lost");
  machine.refusal = undefined;
  machine.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.equal(source.track.peek(), machine.tracks[1] as unknown);
  assert.equal(source.problem.peek(), undefined);
  source.close();
  await settle();
});

Deno.test("DeviceSource: asks again after a refusal only when told to", async () => {
  const { machine, clock, source } = open();
  machine.refusal = "NotAllowedError";
  source.isOn.set(true);
  await settle();
  assert.equal(source.problem.peek()?.kind, "denied");
  await clock.advance(60_000);
  assert.equal(machine.asked.length, 1);
  machine.refusal = undefined;
  source.retry();
  await settle();
  assert.equal(source.problem.peek(), undefined);
  assert.ok(source.track.peek());
  source.close();
  await settle();
});
