import assert from "node:assert/strict";
import { MoqError } from "@moq-deno/lite";
import { openContainer } from "../../container/container.ts";
import type { VideoChoice } from "../quality/select.ts";
import {
  type PlayedLane,
  type VideoFailure,
  VideoPlayback,
} from "./video_playback.ts";

interface Picture {
  readonly timestamp: number;
  readonly from: string;
}

const PICTURE_US = 33_333;
const REFRESH_US = 16_667;

/** Time, which the lanes go by. */
const clock = { us: 0 };

function wish(name: string): { readonly choice: VideoChoice } {
  const config = { codec: "vp8" };
  const container = openContainer(config);
  return { choice: { name, config, decoderConfig: config, container } };
}

/** Decodes the group that has begun, from its first picture, so many pictures per refresh. */
class TestLane implements PlayedLane<Picture> {
  readonly section = { renditions: {} };
  readonly decodeQueue = 0;
  readonly ended = Promise.withResolvers<MoqError | undefined>();
  readonly closed = this.ended.promise;
  readonly choice: VideoChoice;
  #next: number;
  #decoded: number[] = [];

  constructor(choice: VideoChoice, fromUs: number) {
    this.choice = choice;
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

Deno.test("VideoPlayback: a switch shows every picture once and in order", () => {
  // However slowly the new one catches up, and wherever in the group it begins.
  for (const pictures of [1, 2, 10]) {
    for (let offsetUs = 0; offsetUs < 1_000_000; offsetUs += 90_000) {
      clock.us = 0;
      const lanes: TestLane[] = [];
      const shown: Picture[] = [];
      const video = new VideoPlayback({
        open({ choice }: { readonly choice: VideoChoice }) {
          const fromUs = clock.us - clock.us % 1_000_000;
          const lane = new TestLane(choice, fromUs);
          lanes.push(lane);
          return lane;
        },
        failed: () => assert.fail("Expected no failure"),
      });
      video.play(wish("large"));
      let hasSwitched = false;
      for (; clock.us < 6_000_000; clock.us += REFRESH_US) {
        if (!hasSwitched && clock.us >= 2_000_000 + offsetUs) {
          hasSwitched = true;
          video.play(wish("small"));
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
      assert.equal(video.isSwitching, false);
    }
  }
});

Deno.test("VideoPlayback: a lane that fails leaves the screen to the other one", async () => {
  const failures: VideoFailure[] = [];
  const lanes: TestLane[] = [];
  const video = new VideoPlayback({
    open({ choice }: { readonly choice: VideoChoice }) {
      const lane = new TestLane(choice, 0);
      lanes.push(lane);
      return lane;
    },
    failed: (failure) => failures.push(failure),
  });
  const error = new MoqError("decode", "No good");
  for (const name of ["a", "b"]) video.play(wish(name));
  lanes[1]!.ended.resolve(error);
  await Promise.resolve();
  assert.equal(video.choice?.name, "a");
  video.play(wish("c"));
  lanes[0]!.ended.resolve(error);
  await Promise.resolve();
  assert.equal(video.choice?.name, "c");
  lanes[2]!.ended.resolve(error);
  await Promise.resolve();
  assert.equal(video.choice, undefined);
  assert.deepEqual(
    failures.map(({ name, isCovered }) => [name, isCovered]),
    [["b", true], ["a", true], ["c", false]],
  );
});
