/**
 * The frames of a recorded group.
 *
 * @module
 */
import { Cache, type Frame, GroupProducer } from "@moq-deno/lite";

/** All frames of a group as it stands on the wire; throws `MoqError` for one that is damaged. */
export function readGroup(bytes: Uint8Array): Frame[] {
  const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
  group.append(bytes);
  group.close();
  if (group.log.ended?.error) throw group.log.ended.error;
  const frames: Frame[] = [];
  let timestamp = 0;
  for (let index = 0; index < group.frameCount; index++) {
    const frame = group.frame(index, timestamp)!;
    frames.push(frame);
    timestamp = frame.timestamp;
  }
  return frames;
}
