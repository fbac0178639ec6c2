/**
 * Groups of short texts for scenarios.
 *
 * @module
 */
import type {
  Frame,
  GroupConsumer,
  GroupProducer,
  MoqError,
  TrackProducer,
} from "@moq-deno/lite";

/** A frame with `text`. */
export function frameOf(text: string, timestamp = 0): Frame {
  return { timestamp, payload: new TextEncoder().encode(text) };
}

/** A frame's text. */
export function textOf(frame: Frame): string {
  return new TextDecoder().decode(frame.payload);
}

/** Writes a complete group with one frame per text. */
export function writeGroup(
  track: TrackProducer,
  ...texts: readonly string[]
): GroupProducer {
  const group = track.group();
  for (const text of texts) {
    group.writeFrame(frameOf(text, group.sequence * 1000));
  }
  group.close();
  return group;
}

/** What was read of a group, and how it ended. */
export interface Reading {
  readonly texts: readonly string[];
  readonly error: MoqError | undefined;
}

/** Reads a group to its end. */
export async function readGroup(
  group: GroupConsumer | undefined,
): Promise<Reading> {
  const texts: string[] = [];
  try {
    for await (const frame of group!.frames()) texts.push(textOf(frame));
    return { texts, error: undefined };
  } catch (error) {
    return { texts, error: error as MoqError };
  }
}
