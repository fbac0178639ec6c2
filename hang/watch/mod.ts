/**
 * Watching a broadcast in a browser: a shared connection to the relay, and
 * players that draw on a canvas and play on the loudspeaker. The element
 * `<hang-watch>` of `@moq-deno/hang/ui/hang-watch` is made of them.
 *
 * ```ts ignore
 * const player = new Player({
 *   shared: shareConnection("https://relay.example/demo"),
 *   name: "room/alice",
 *   canvas: document.querySelector("canvas"),
 * });
 * player.muted.set(true);
 * effect(() => console.log(player.state().text));
 * ```
 *
 * @module
 */
export type { CaptionTrack } from "./captions.ts";
export type { PlayedFormat } from "./followed_broadcast.ts";
export * from "./frame_latency.ts";
export type { Latency, LatencyRange } from "./latency.ts";
export * from "./player.ts";
export type { PlayerState } from "./player_state.ts";
export type { PlayerStats } from "./player_stats.ts";
export * from "./relay_connection.ts";
export * from "./watchdog.ts";
export type { Counters } from "./lane.ts";
export type { Choice, VideoChoice } from "./select.ts";
export type { ViewerMark } from "./viewer_marks.ts";
