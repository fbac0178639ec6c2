/**
 * The legacy container of hang: a varint with the presentation time in
 * microseconds, then the codec's bytes. Nothing after the varint marks the end
 * of the content.
 *
 * @module
 */
import { Reader, Writer } from "@moq-deno/lite/internal";
import type { Container } from "./sample.ts";

/** The legacy container. */
export const legacyContainer: Container = {
  kind: "legacy",
  encode: ({ timestampUs, data }) =>
    new Writer().varint(timestampUs).bytes(data).finish(),
  decode(payload) {
    const reader = new Reader(payload);
    const timestampUs = reader.varint();
    return reader.remaining === 0 ? [] : [{ timestampUs, data: reader.rest() }];
  },
};
