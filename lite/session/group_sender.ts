/**
 * The hot path out: a group's bytes onto a stream, as they come, without a copy.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { encodeFrameHeader } from "../model/frame.ts";
import type { GroupProducer } from "../model/group.ts";
import type { SendStream } from "../transport/transport.ts";
import { encodeGroupHeader } from "../wire/group.ts";
import type { Version } from "../wire/version.ts";
import { UniType } from "../wire/stream_type.ts";
import { type AbortContext, abortGroup } from "./abort.ts";
import { groupBytes } from "./compat.ts";
import { withType } from "./streams.ts";

const MAX_COPIED_BYTES = 1024;

/** Options of {@linkcode sendGroup} and {@linkcode sendFrames}. */
export interface SendGroupOptions {
  /** The connection. */
  readonly context: AbortContext;
  /** Ends the group early: unsubscribed, or not worth sending any more. */
  readonly signal: AbortSignal;
}

/** Options of {@linkcode sendGroup}. */
export interface SendWholeGroupOptions extends SendGroupOptions {
  /** Where the bytes sent are counted. */
  readonly count: SendCount;
  /** What goes before the frames, unless it was written already. */
  readonly preamble?: Uint8Array | undefined;
}

/** Bytes sent for one group; for counters that are summed when somebody asks. */
export interface SendCount {
  /** Bytes of groups written so far. */
  sentBytes: number;
}

/** The bytes before a group's frames: stream type and GROUP header. */
export function groupPreamble(
  group: GroupProducer,
  { version, subscribeId, startFrame = 0 }: {
    readonly version: Version;
    readonly subscribeId: number;
    readonly startFrame?: number;
  },
): Uint8Array {
  const { sequence } = group;
  const frameStart = Math.max(group.frameStart, startFrame);
  return withType(
    UniType.group,
    encodeGroupHeader({ subscribeId, sequence, frameStart }, version),
  );
}

/** Writes all of `group` to `stream`, which it ends. Waits for this stream alone; never throws. */
export async function sendGroup(
  stream: SendStream,
  group: GroupProducer,
  { context, signal, count, preamble }: SendWholeGroupOptions,
): Promise<void> {
  const bytes = groupBytes(group, context.version);
  const release = bytes.wakeOn(signal);
  let at = preamble ? writeStart(stream, { preamble, run: bytes.view(0) }) : 0;
  count.sentBytes += at;
  try {
    while (!signal.aborted && !group.retired) {
      const run = bytes.view(at);
      if (run) {
        if (!await stream.ready(signal)) break;
        stream.write(run);
        at += run.byteLength;
        count.sentBytes += run.byteLength;
      } else if (bytes.ended) {
        if (bytes.ended.error) break;
        return stream.close();
      } else {
        await bytes.changed();
      }
    }
    const looksComplete = bytes.looksCompleteAt(at);
    abortGroup(stream, reasonOf(group, signal), { ...context, looksComplete });
  } finally {
    release();
  }
}

/** Writes `preamble`, in one with the `run` behind it where a copy is cheaper than a second write; returns how much of `run` is written. */
function writeStart(
  stream: SendStream,
  { preamble, run }: {
    readonly preamble: Uint8Array;
    readonly run: Uint8Array | undefined;
  },
): number {
  if (!run || run.byteLength > MAX_COPIED_BYTES) {
    stream.write(preamble);
    return 0;
  }
  const start = new Uint8Array(preamble.byteLength + run.byteLength);
  start.set(preamble);
  start.set(run, preamble.byteLength);
  stream.write(start);
  return run.byteLength;
}

function reasonOf(group: GroupProducer, signal: AbortSignal): MoqError {
  if (signal.aborted) return asMoqError(signal.reason, "cancelled");
  return group.retired ?? group.log.ended?.error ??
    new MoqError("cancelled", "Peer stopped the group");
}

/** The frames to send of a group. */
export interface FrameRange {
  /** First frame. */
  readonly startFrame: number;
  /** Last frame, inclusive. */
  readonly endFrame?: number | undefined;
}

/** Writes frames `startFrame` to `endFrame` of `group`, counted from its true beginning, to `stream`, which it ends; the first delta counts from 0. Never throws. */
export async function sendFrames(
  stream: SendStream,
  group: GroupProducer,
  { context, signal, startFrame, endFrame }: SendGroupOptions & FrameRange,
): Promise<void> {
  let index = group.frameStart;
  let previous = 0;
  try {
    for await (const frame of group.consume().frames(signal)) {
      if (index >= startFrame) {
        if (!await stream.ready(signal)) throw reasonOf(group, signal);
        const { timestamp, payload } = frame;
        stream.write(
          encodeFrameHeader(timestamp, previous, payload.byteLength),
        );
        if (payload.byteLength > 0) stream.write(payload);
        previous = timestamp;
      }
      if (index++ === endFrame) break;
    }
    stream.close();
  } catch (error) {
    abortGroup(stream, asMoqError(error), { ...context, looksComplete: true });
  }
}
