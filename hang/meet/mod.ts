/**
 * Rooms with people who are seen and heard: who is there, where their pictures
 * go, and which rooms there are. The elements `<hang-meet>` and `<hang-rooms>`
 * are made of it.
 *
 * ```ts
 * import { gridOf } from "@moq-deno/hang/meet";
 * import assert from "node:assert/strict";
 *
 * const { columns, rows } = gridOf(5, { width: 1200, height: 675 });
 * assert.deepEqual([columns, rows], [3, 2]);
 * ```
 *
 * @module
 */
export * from "./layout.ts";
export * from "./room_list.ts";
export * from "./room_paths.ts";
export * from "./side_frames.ts";
