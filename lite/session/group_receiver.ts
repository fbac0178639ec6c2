/**
 * The hot path in: a stream's bytes into a group, copied once.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import type { GroupProducer } from "../model/group.ts";
import type { GroupSink } from "./compat.ts";
import type { MessageReader } from "./streams.ts";

/** Read this much of a group at once. */
export const GROUP_SCRATCH_BYTES = 16 * 1024;

/** Options of {@linkcode receiveGroup}. */
export interface ReceiveGroupOptions {
  /** Where the bytes go, if not straight into the group. */
  readonly sink?: GroupSink | undefined;
  /** Bytes of the group that were read already. */
  readonly first?: Uint8Array | undefined;
  /** Where the bytes read are counted. */
  readonly count?: ReceiveCount | undefined;
}

/** Bytes received for groups. */
export interface ReceiveCount {
  /** Bytes of groups read so far. */
  receivedBytes: number;
}

/** Reads a group to its end; a stream that fails or ends inside a frame leaves a group that failed. Never throws. */
export async function receiveGroup(
  reader: MessageReader,
  group: GroupProducer,
  { sink = group, first, count }: ReceiveGroupOptions = {},
): Promise<void> {
  try {
    let chunk = first ?? await reader.chunk();
    while (chunk) {
      if (count) count.receivedBytes += chunk.byteLength;
      sink.append(chunk);
      if (group.log.ended) throw group.log.ended.error ?? ended(group);
      chunk = await reader.chunk();
    }
    sink.close();
  } catch (error) {
    const reason = asMoqError(error);
    reader.stopFor(reason);
    group.close(reason);
  }
}

function ended(group: GroupProducer): MoqError {
  return new MoqError("cancelled", `Group ${group.sequence} has ended here`);
}
