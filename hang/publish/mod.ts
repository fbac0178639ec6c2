/**
 * Publishing from a browser: cameras, microphones, screens and files, encoded
 * while there are viewers, over a shared connection to the relay. The element
 * `<hang-publish>` of `@moq-deno/hang/ui/hang-publish` is made of them.
 *
 * ```ts ignore
 * const capture = new Capture();
 * capture.source.set("camera");
 * const publisher = new Publisher({
 *   shared: shareConnection("https://relay.example/demo", { role: "publisher" }),
 *   name: "room/alice",
 *   video: capture.video,
 *   audio: capture.audio,
 * });
 * effect(() => console.log(capture.problem()?.text ?? publisher.state().text));
 * ```
 *
 * Instead of {@linkcode Capture}, any signal with a `MediaStreamTrack` will do.
 *
 * @module
 */
export * from "./capture.ts";
export type { CaptureDevice, CaptureProblem } from "./capture_problem.ts";
export * from "./device_list.ts";
export * from "./device_source.ts";
export type { PublishMarks } from "./marks.ts";
export * from "./presence.ts";
export * from "./publisher.ts";
export type { PublisherState } from "./publisher_state.ts";
export type { PublisherStats, RenditionStats } from "./publisher_stats.ts";
export { type RenditionSpec, SIMULCAST, SINGLE } from "./rendition_plan.ts";
export {
  shareConnection,
  type SharedConnection,
  type ShareOptions,
} from "../connection/relay_connection.ts";
