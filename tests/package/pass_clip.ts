/**
 * The media tool in an empty folder: one process publishes, another reads.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type CommandLine,
  type ProcessOptions,
  Program,
  ROOT,
} from "./process.ts";

const CLIP = new URL("examples/demo/clip.mp4", ROOT).pathname;

/** Publishes a clip with `hang`, and reads its catalog with another `hang`. */
export async function passClip(
  hang: CommandLine,
  { url, ...options }: ProcessOptions & { readonly url: string },
): Promise<void> {
  const film = ["--url", url, "--name", "film"];
  await using publisher = new Program(
    [...hang, "publish", ...film, "--loop", CLIP],
    options,
  );
  await using viewer = new Program([...hang, "catalog", ...film], options);
  await viewer.prints(/"codec": "avc1/);
  assert.equal(await publisher.stop("SIGTERM"), 0);
}
