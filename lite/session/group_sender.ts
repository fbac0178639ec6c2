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

/** Options of {@linkcode sendGroup} and {@linkcode sendFrames}. */
export interface SendGroupOptions {
  /** The connection. */
  readonly context: AbortContext;
  /** Ends the group early: unsubscribed, or not worth sending any more. */
  readonly signal: AbortSignal;
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
  { context, signal, count }: SendGroupOptions & { readonly count: SendCount },
): Promise<void> {
  const bytes = groupBytes(group, context.version);
  const release = bytes.wakeOn(signal);
  let at = 0;
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
