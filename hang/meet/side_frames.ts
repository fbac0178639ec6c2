/**
 * What people say about themselves while they are in a room: previews and
 * positions, the newest of each. hang catalog of 2025, sections `preview` and
 * `location`.
 *
 * @module
 */
import type { BroadcastConsumer } from "@moq-deno/lite";
import { consumeSnapshots } from "@moq-deno/lite/json";
import type { Catalog } from "../catalog/catalog.ts";
import {
  parsePosition,
  type Position,
  SIDE_TRACK_PRIORITY,
} from "../catalog/room.ts";
import { parsePreviewFrame, type Preview } from "../catalog/room_frames.ts";

const MAX_BYTES = 4096;

/** Options of {@linkcode consumePreviews} and {@linkcode consumePositions}. */
export interface SideFrameOptions {
  /** The catalog that names the track. */
  readonly catalog: Catalog;
  /** Ends it by throwing its reason. */
  readonly signal: AbortSignal;
}

/** The previews as they change; none when the catalog names no track for them. Throws the `MoqError` of the track and of an invalid preview. */
export async function* consumePreviews(
  broadcast: BroadcastConsumer,
  { catalog: { preview }, signal }: SideFrameOptions,
): AsyncGenerator<Preview, void> {
  if (!preview) return;
  const priority = SIDE_TRACK_PRIORITY.preview;
  const frames = consumeSnapshots(broadcast.track(preview.name), {
    priority,
    maxBytes: MAX_BYTES,
    signal,
  });
  for await (const frame of frames) yield parsePreviewFrame(frame);
}

/** The positions as they change, as {@linkcode consumePreviews}. */
export async function* consumePositions(
  broadcast: BroadcastConsumer,
  { catalog: { location }, signal }: SideFrameOptions,
): AsyncGenerator<Position, void> {
  if (!location?.track) return;
  const priority = SIDE_TRACK_PRIORITY.location;
  const frames = consumeSnapshots(broadcast.track(location.track.name), {
    priority,
    maxBytes: MAX_BYTES,
    signal,
  });
  for await (const frame of frames) yield parsePosition(frame, "position");
}
