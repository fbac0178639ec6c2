/**
 * HTTP Live Streaming on both sides of a broadcast: its renditions as playlists
 * and CMAF segments for players that know nothing else, and the playlists of
 * others as media to publish. RFC 8216.
 *
 * ```ts ignore
 * const live = new LiveBroadcast();
 * const server = new HlsServer(live);
 * Deno.serve((request) => server.answer(request)); // /master.m3u8
 * await live.run(events); // publishers as they come and go
 * ```
 *
 * @module
 */
export { type HlsFiles, type ReadFile, type ReadFileOptions } from "./files.ts";
export * from "./hls_server.ts";
export * from "./live_broadcast.ts";
export * from "./open_hls.ts";
export type { ByteRange } from "./playlist_lines.ts";
export * from "./recorded_hls.ts";
export type * from "./rendition.ts";
