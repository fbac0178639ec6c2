/**
 * The hot path out: writes a group's bytes to a stream as they arrive, without a
 * copy.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { encodeFrameHeader } from "../model/frame.ts";
import type { GroupProducer } from "../model/group.ts";
import type { SendStream } from "../transport/transport.ts";
import { encodeGroupStart } from "../wire/group.ts";
import type { Version } from "../wire/version.ts";
import { type AbortOptions, abortStream } from "./abort.ts";
import { type GroupBytes, groupBytes, type ReadableLog } from "./compat.ts";
import { countCut, type SessionStats } from "./context.ts";

/** Up to this many bytes are copied behind the header instead of being written separately. */
const MAX_COPIED_BYTES = 1024;
/** Most bytes written at once. */
const MAX_BURST_BYTES = 256 * 1024;

/** Paces the bytes of one stream to the path. */
export interface Pace {
  /** How many of `wanted` bytes may be written now; they count as written. 0: {@linkcode Pace.wait}. */
  grant(wanted: number): number;
  /** As {@linkcode Pace.grant} as soon as there is room; 0 if the stream must end instead. */
  wait(wanted: number): Promise<number>;
  /** The stream starts to wait. */
  beginWait?(): void;
  /** The stream can be written again. */
  endWait?(): void;
}

/** Options of {@linkcode sendGroup} and {@linkcode sendFrames}. */
interface SendGroupOptions {
  /** The connection. */
  readonly context: AbortOptions;
  /** Cuts the group: unsubscribed, or obsolete. */
  readonly signal: AbortSignal;
  /** Default as fast as the stream accepts bytes. */
  readonly pace?: Pace | undefined;
  /** Counters to increase. */
  readonly count: SendCount;
  /** Bytes of the group that were already written, for {@linkcode sendGroup}. Default 0. */
  readonly from?: number | undefined;
}

/** The session's counters of sent groups. */
export type SendCount = Pick<
  SessionStats,
  "sentBytes" | "sentFrames" | "sentCuts"
>;

/** Writes the header, from frame `startFrame` on, and `first`, the bytes after it, in one piece. */
export function startGroup(
  stream: SendStream,
  group: GroupProducer,
  { version, subscribeId, startFrame = 0 }: {
    readonly version: Version;
    readonly subscribeId: number;
    readonly startFrame?: number | undefined;
  },
  first?: Uint8Array,
): void {
  const { sequence } = group;
  const frameStart = Math.max(group.frameStart, startFrame);
  const header = { subscribeId, sequence, frameStart };
  stream.write(encodeGroupStart(header, version, first));
}

/**
 * The first bytes of a group if they may be written now and copying them behind
 * the header is cheaper than a second write; they count as written.
 */
export function firstBytes(
  { log }: GroupBytes,
  pace?: Pace,
): Uint8Array | undefined {
  const run = log.view(0);
  if (!run || run.byteLength > MAX_COPIED_BYTES) return undefined;
  const granted = pace ? pace.grant(run.byteLength) : run.byteLength;
  return granted === 0 ? undefined : run.subarray(0, granted);
}

/** Writes all of `group` to `stream` and ends the stream. Waits only for this stream; never throws. */
export async function sendGroup(
  stream: SendStream,
  group: GroupProducer,
  { context, signal, pace, count, from = 0 }: SendGroupOptions,
): Promise<void> {
  const bytes = groupBytes(group, context.version);
  const { log } = bytes;
  const release = log.wakeOn(signal);
  let at = from;
  try {
    while (!signal.aborted && !group.retired) {
      if (at < log.length) {
        pace?.beginWait?.();
        if (!await stream.ready(signal)) break;
        pace?.endWait?.();
        const wanted = Math.min(log.length - at, MAX_BURST_BYTES);
        const granted = pace
          ? pace.grant(wanted) || await pace.wait(wanted)
          : wanted;
        const written = writeRuns(stream, log, { at, bytes: granted });
        at += written;
        count.sentBytes += written;
      } else if (log.ended) {
        if (log.ended.error) break;
        return stream.close();
      } else {
        await log.changed();
      }
    }
    const looksComplete = bytes.looksCompleteAt(at);
    const reason = reasonOf(group, signal);
    countCut(count.sentCuts, reason);
    abortStream(stream, reason, { ...context, looksComplete });
  } finally {
    release();
    count.sentFrames += bytes.framesBefore(at);
  }
}

/** Writes up to `bytes` bytes from `at` on; returns how many. */
function writeRuns(
  stream: SendStream,
  log: ReadableLog,
  { at, bytes }: { readonly at: number; readonly bytes: number },
): number {
  let written = 0;
  while (written < bytes) {
    const run = log.view(at + written)?.subarray(0, bytes - written);
    if (!run) break;
    stream.write(run);
    written += run.byteLength;
  }
  return written;
}

/** Waits until all of `bytes` may be written; `false` if the stream must end instead. */
async function admit(pace: Pace, bytes: number): Promise<boolean> {
  for (let left = bytes; left > 0;) {
    const granted = pace.grant(left) || await pace.wait(left);
    if (granted === 0) return false;
    left -= granted;
  }
  return true;
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

/** Writes frames `startFrame` to `endFrame` of `group` to `stream` and ends the stream. Frames count from the group's real start; the first delta counts from 0. Never throws. */
export async function sendFrames(
  stream: SendStream,
  group: GroupProducer,
  { context, signal, pace, count, startFrame, endFrame }:
    & SendGroupOptions
    & FrameRange,
): Promise<void> {
  let index = group.frameStart;
  let previous = 0;
  try {
    for await (const frame of group.consume().frames(signal)) {
      if (index >= startFrame) {
        if (!await stream.ready(signal)) throw reasonOf(group, signal);
        const { timestamp, payload } = frame;
        const header = encodeFrameHeader(
          timestamp,
          previous,
          payload.byteLength,
        );
        const size = header.byteLength + payload.byteLength;
        if (pace && !await admit(pace, size)) throw reasonOf(group, signal);
        stream.write(header);
        if (payload.byteLength > 0) stream.write(payload);
        count.sentBytes += size;
        count.sentFrames++;
        previous = timestamp;
      }
      if (index++ === endFrame) break;
    }
    stream.close();
  } catch (error) {
    const reason = asMoqError(error);
    countCut(count.sentCuts, reason);
    abortStream(stream, reason, context);
  }
}
