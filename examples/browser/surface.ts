/**
 * Imports the whole public surface of lite and hang, type-checked with browser types
 * only, so that a module which needs Deno fails here.
 *
 * @module
 */
import type { Session } from "@moq-deno/lite";

export * as hang from "@moq-deno/hang";
export * as chat from "@moq-deno/hang/chat";
export * as media from "@moq-deno/hang/media";
export * as hls from "@moq-deno/hang/hls";
export * as record from "@moq-deno/hang/record";
export * as meet from "@moq-deno/hang/meet";
export * as chatElement from "@moq-deno/hang/ui/hang-chat";
export * as meetElement from "@moq-deno/hang/ui/hang-meet";
export * as roomsElement from "@moq-deno/hang/ui/hang-rooms";
export * as publishElement from "@moq-deno/hang/ui/hang-publish";
export * as element from "@moq-deno/hang/ui/hang-watch";
export * as publish from "@moq-deno/hang/publish";
export * as moqElement from "@moq-deno/hang/ui/moq-watch";
export * as support from "@moq-deno/hang/ui/hang-support";
export * as react from "@moq-deno/hang/react";
export * as signals from "@moq-deno/hang/signals";
export * as watch from "@moq-deno/hang/watch";
export * as lite from "@moq-deno/lite";

/** What to show, and where. */
export interface ShowOptions {
  /** A session with a relay; the caller closes it. */
  readonly session: Session;
  /** The broadcast's path. */
  readonly path: string;
  /** The track's name. */
  readonly track: string;
  /** Stops showing. */
  readonly signal: AbortSignal;
}

/** Writes the text of a track into `element`, frame by frame; throws `signal.reason` on abort. */
export async function showText(
  element: HTMLElement,
  { session, path, track, signal }: ShowOptions,
): Promise<void> {
  const text = session.consume(path).track(track);
  for await (const group of text.subscribe({ signal })) {
    element.textContent = "";
    for await (const { payload } of group.frames(signal)) {
      element.append(new TextDecoder().decode(payload));
    }
  }
}
