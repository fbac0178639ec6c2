/**
 * JSON over tracks in three modes. **Snapshot**: the current value; each group
 * starts with the whole value and continues with merge patches. **Stream**:
 * every record of a log, in one group. **Window**: the newest records of a log,
 * which a reader can join at any time. Each is plain or compressed; the program
 * provides the compression.
 *
 * ```ts
 * import { consumeSnapshots, SnapshotProducer } from "@moq-deno/lite/json";
 * import { BroadcastProducer } from "@moq-deno/lite";
 * import assert from "node:assert/strict";
 *
 * const broadcast = new BroadcastProducer();
 * const score = new SnapshotProducer(broadcast.createTrack("score.json"));
 * score.update({ home: 0, away: 0 });
 * score.update({ home: 1, away: 0 }); // goes out as {"home":1}
 *
 * for await (
 *   const value of consumeSnapshots(broadcast.consume().track("score.json"))
 * ) {
 *   assert.deepEqual(value, { home: 1, away: 0 });
 *   break;
 * }
 * ```
 *
 * @module
 */
export type { Compression, FrameCoder } from "./compression.ts";
export {
  type ConsumeJsonOptions,
  type DecodedFrame,
  MAX_JSON_BYTES,
  type ProduceJsonOptions,
} from "./frame.ts";
export { checkDepth, countFields, MAX_JSON_DEPTH } from "./depth.ts";
export {
  diffJson,
  equalJson,
  isJsonObject,
  type JsonObject,
  mergePatch,
} from "./merge_patch.ts";
export {
  followNewest,
  type JsonFrame,
  type JsonFrameReader,
} from "./newest_group.ts";
export {
  consumeSnapshots,
  SnapshotProducer,
  SnapshotReader,
} from "./snapshot.ts";
export { consumeStream, StreamProducer } from "./stream.ts";
export { MAX_JSON_FIELDS, WorkMeter } from "./work_meter.ts";
export { consumeWindow, type Span, type WindowEvent } from "./window_reader.ts";
export { type ProduceWindowOptions, WindowProducer } from "./window.ts";
