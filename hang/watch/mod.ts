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
export * from "./clock/frame_latency.ts";
export type { Latency, LatencyRange } from "./clock/latency.ts";
export * from "./player.ts";
export type { PlayerState } from "./player_state.ts";
export type { PlayerStats } from "./player_stats.ts";
export { pinCertificate } from "../connection/pinned_certificates.ts";
export * from "../connection/relay_connection.ts";
export * from "../connection/watchdog.ts";
export type { Counters } from "./lane.ts";
export type { Choice, VideoChoice } from "./quality/select.ts";
export type { ViewerMark } from "./clock/viewer_timings.ts";
