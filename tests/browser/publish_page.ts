/**
 * What tests ask of a page with a `<hang-publish>`, and of one that plays it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "./chromium.ts";
import { PLAYER } from "./player_page.ts";
import { LEFT, PUBLISHER, RIGHT } from "./publish_stage.ts";

// An encoder changes colours a little, and untagged ones are taken for those of another standard.
const MOST_DIFFERENCE = 24;

/** Runs in the page before its own scripts: counts what encoders are given. */
export const COUNT_ENCODES = `
globalThis.encodes = { video: 0, audio: 0 };
for (const [kind, type] of [["video", VideoEncoder], ["audio", AudioEncoder]]) {
  const encode = type.prototype.encode;
  type.prototype.encode = function (...args) {
    encodes[kind]++;
    return encode.apply(this, args);
  };
}`;

/** Presses a button of the element, as a user does. */
export async function press(page: Page, name: string): Promise<void> {
  await page.evaluate(
    `${PUBLISHER}.shadowRoot.querySelector(${
      JSON.stringify(`button.${name}`)
    }).click()`,
    { userGesture: true },
  );
}

/** Waits until the element is in one of these states. */
export async function reach(
  page: Page,
  ...kinds: readonly string[]
): Promise<void> {
  await page.until(
    `${JSON.stringify(kinds)}.includes(${PUBLISHER}.state.kind)`,
    20_000,
  );
}

/** Publishes the camera and the microphone; resolves when that is announced. */
export async function publishCamera(page: Page): Promise<void> {
  await press(page, "camera");
  await reach(page, "live", "watched");
}

/** Waits until the player shows the camera's two colours where they belong. */
export async function seesCamera(page: Page): Promise<void> {
  const look = `(() => {
    const canvas = ${PLAYER}.shadowRoot.querySelector("canvas");
    const { width, height } = canvas;
    const context = canvas.getContext("2d");
    return [1, 3].map((quarter) =>
      [...context.getImageData(width * quarter / 4, height / 2, 1, 1).data]
        .slice(0, 3));
  })()`;
  const differs = (side: number, colour: readonly number[]) =>
    `Math.max(...${JSON.stringify(colour)}.map((value, at) =>
      Math.abs(value - seen[${side}][at])))`;
  await page.until(
    `(() => {
      const seen = ${look};
      return ${differs(0, LEFT)} <= ${MOST_DIFFERENCE} &&
        ${differs(1, RIGHT)} <= ${MOST_DIFFERENCE};
    })()`,
    20_000,
  );
}

/** Waits until the player has shown so many more pictures. */
export async function showsMore(page: Page, more = 15): Promise<void> {
  const before = await page.evaluate<number>(
    `${PLAYER}.stats?.shownFrames ?? 0`,
  );
  // A new player counts from the beginning.
  await page.until(
    `(({ shownFrames = 0 } = {}) =>
      shownFrames >= ${before + more} ||
      (shownFrames < ${before} && shownFrames >= ${more})
    )(${PLAYER}.stats)`,
    20_000,
  );
}

/** Waits until the player's picture has this size. */
export async function showsSize(
  page: Page,
  width: number,
  height: number,
): Promise<void> {
  await page.until(
    `(({ width, height }) => width === ${width} && height === ${height})(
      ${PLAYER}.shadowRoot.querySelector("canvas"))`,
    20_000,
  );
}

/** Nothing in the page went wrong. */
export function isCalm(page: Page): void {
  const errors = page.console.filter((line) => /^(error|uncaught)/.test(line));
  assert.deepEqual(errors, []);
}
