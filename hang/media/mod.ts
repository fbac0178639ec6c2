/**
 * Media files on both sides of a broadcast: open one, publish it in real time,
 * subscribe, and write what comes to a file. Reads MP4, Matroska, WebM, MPEG-TS
 * and audio files, writes fragmented MP4, Matroska and plain H.264 and H.265.
 *
 * ```ts ignore
 * const media = await openMedia(file); // from an input element, say
 * const broadcast = new BroadcastProducer();
 * const publication = publishMedia(broadcast, media, { loop: true });
 *
 * const received = await subscribeMedia(broadcast.consume());
 * setTimeout(() => received.close(), 5000); // ends the file in good order
 * const { videoFrames } = await writeMedia(received, writable);
 * ```
 *
 * @module
 */
export type * from "./media.ts";
export type { MediaSource, RandomAccess } from "./source.ts";
export { openFragments, type OpenFragmentsOptions } from "./fragments.ts";
export { joinMedia } from "./join.ts";
export { openH264, type OpenH264Options } from "./open_h264.ts";
export { openMedia } from "./open.ts";
export type { OpenMediaOptions } from "./open_options.ts";
export * from "./publish.ts";
export * from "./subscribe.ts";
export type { SubscribeMediaOptions } from "./subscribe_options.ts";
export { TrackReader } from "../container/track_reader.ts";
export type { OrderedSample } from "../container/sample_order.ts";
export * from "./write.ts";
export { writeRaw } from "./write_raw.ts";
