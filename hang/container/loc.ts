/**
 * Low Overhead Container, draft-ietf-moq-loc-04: a block of properties, then
 * the codec's bytes. A property's type is counted from the type before it; even
 * types have a varint, odd ones sized bytes.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { Reader, Writer } from "@moq-deno/lite/internal";
import type { Container } from "./sample.ts";

const TIMESTAMP = 0x10;
const TIMESCALE = 0x08;
const OLD_TIMESTAMP = 0x06;
const DEFAULT_TIMESCALE = 1_000_000;

interface Properties {
  timestamp: number | undefined;
  timescale: number;
}

function readProperties(reader: Reader): Properties {
  const found: Properties = {
    timestamp: undefined,
    timescale: DEFAULT_TIMESCALE,
  };
  let old: number | undefined;
  for (let type = 0; reader.remaining > 0;) {
    type += reader.varint();
    if (type % 2 === 1) reader.sized();
    else {
      const value = reader.varint();
      if (type === TIMESTAMP) found.timestamp = value;
      else if (type === TIMESCALE) found.timescale = value;
      else if (type === OLD_TIMESTAMP) old = value;
    }
  }
  found.timestamp ??= old;
  return found;
}

/** The LOC container; writes microseconds, reads any timescale. */
export const locContainer: Container = {
  kind: "loc",
  encode({ timestampUs, data }) {
    const properties = new Writer().varint(TIMESTAMP).varint(timestampUs);
    return new Writer().sized(properties.finish()).bytes(data).finish();
  },
  decode(payload) {
    const reader = new Reader(payload);
    const { timestamp, timescale } = readProperties(
      new Reader(reader.sized()),
    );
    if (timestamp === undefined || timescale === 0) {
      throw new MoqError(
        "decode",
        `Expected a LOC timestamp (0x10) and a timescale above 0, got ${timestamp} and ${timescale}`,
      );
    }
    const timestampUs = Math.round(timestamp * (DEFAULT_TIMESCALE / timescale));
    if (!Number.isSafeInteger(timestampUs)) {
      throw new MoqError(
        "decode",
        `Expected a time up to 2^53-1 µs, got about ${timestampUs}`,
      );
    }
    return reader.remaining === 0 ? [] : [{ timestampUs, data: reader.rest() }];
  },
};
