import assert from "node:assert/strict";
import { MoqError } from "@moq-deno/lite";
import { openContainer } from "../../container/container.ts";
import type { VideoChoice } from "../quality/select.ts";
import {
  type LaneEnd,
  type SwitchedLane,
  VideoSwitch,
} from "./video_switch.ts";

interface Picture {
  readonly timestamp: number;
  readonly from: string;
}

const PICTURE_US = 33_333;
const REFRESH_US = 16_667;

/** Time, which the lanes go by. */
const clock = { us: 0 };

/** Decodes the group that has begun, from its first picture, so many pictures per refresh. */
class TestLane implements SwitchedLane<Picture> {
  readonly section = { renditions: {} };
  readonly decodeQueue = 0;
  readonly ended = Promise.withResolvers<MoqError | undefined>();
  readonly closed = this.ended.promise;
  readonly choice: VideoChoice;
  #next: number;
  #decoded: number[] = [];

  constructor(name: string, { fromUs }: { readonly fromUs: number }) {
    const config = { codec: "vp8" };
    const container = openContainer(config);
    this.choice = { name, config, decoderConfig: config, container };
    this.#next = Math.ceil(fromUs / PICTURE_US);
  }

  decode(pictures: number): void {
    for (let i = 0; i < pictures; i++) {
      if (this.#next * PICTURE_US > clock.us + 3 * PICTURE_US) return;
      this.#decoded.push(this.#next++ * PICTURE_US);
    }
  }

  dueUs(): number | undefined {
    return this.#decoded.findLast((us) => us <= clock.us);
  }

  take(): Picture | undefined {
    const timestamp = this.dueUs();
    if (timestamp === undefined) return undefined;
    this.#decoded = this.#decoded.filter((us) => us > timestamp);
    return { timestamp, from: this.choice.name };
  }

  close(): void {
    this.ended.resolve(undefined);
  }
}

Deno.test("VideoSwitch: every picture is shown once and in order, wherever in the group a switch comes and however slowly the new one catches up", () => {
  for (const pictures of [1, 2, 10]) {
    for (let offsetUs = 0; offsetUs < 1_000_000; offsetUs += 90_000) {
      clock.us = 0;
      const lanes: TestLane[] = [];
      const shown: Picture[] = [];
      const video = new VideoSwitch<string, Picture>({
        open(name) {
          const fromUs = clock.us - clock.us % 1_000_000;
          const lane = new TestLane(name, { fromUs });
          lanes.push(lane);
          return lane;
        },
        failed: () => assert.fail("Expected no failure"),
      });
      video.play("large");
      let hasSwitched = false;
      for (; clock.us < 6_000_000; clock.us += REFRESH_US) {
        if (!hasSwitched && clock.us >= 2_000_000 + offsetUs) {
          hasSwitched = true;
          video.play("small");
        }
        for (const lane of lanes) lane.decode(pictures);
        const picture = video.take();
        if (picture) shown.push(picture);
      }
      assert.deepEqual(
        shown.map(({ timestamp }) => Math.round(timestamp / PICTURE_US)),
        shown.map((_, index) => index),
      );
      assert.equal(shown.at(-1)!.from, "small");
      assert.equal(video.next, undefined);
    }
  }
});

Deno.test("VideoSwitch: one that fails before it has taken over changes nothing, one that fails while it is shown is followed by the next", async () => {
  const ends: LaneEnd[] = [];
  const lanes: TestLane[] = [];
  const video = new VideoSwitch<string, Picture>({
    open(name) {
      const lane = new TestLane(name, { fromUs: 0 });
      lanes.push(lane);
      return lane;
    },
    failed: (end) => ends.push(end),
  });
  const error = new MoqError("decode", "No good");
  for (const name of ["a", "b"]) video.play(name);
  lanes[1]!.ended.resolve(error);
  await Promise.resolve();
  assert.equal(video.current?.choice.name, "a");
  video.play("c");
  lanes[0]!.ended.resolve(error);
  await Promise.resolve();
  assert.equal(video.current?.choice.name, "c");
  lanes[2]!.ended.resolve(error);
  await Promise.resolve();
  assert.equal(video.current, undefined);
  assert.deepEqual(
    ends.map(({ choice, isCovered }) => [choice.name, isCovered]),
    [["b", true], ["a", true], ["c", false]],
  );
});
