/**
 * The pictures of a track as they come: from the browser's processor where it
 * has one, else from a hidden video element.
 *
 * @module
 */
import { Latch, onAbort } from "@moq-deno/lite/internal";
import { listening } from "../signals/dom.ts";
import { type TrackProcessor, trackProcessor } from "./browser_types.ts";

/**
 * The pictures of `track`, the newest whenever one is asked for; the caller closes each. Ends with the track or with
 * `signal`.
 */
export function readFrames(
  track: MediaStreamTrack,
  signal: AbortSignal,
): AsyncGenerator<VideoFrame, void> {
  const Processor = trackProcessor();
  return Processor
    ? fromProcessor(new Processor({ track }), signal)
    : fromElement(track, signal);
}

async function* fromProcessor(
  processor: TrackProcessor,
  signal: AbortSignal,
): AsyncGenerator<VideoFrame, void> {
  const reader = processor.readable.getReader();
  // A read that waits then ends as if the track had.
  const release = onAbort(signal, () => void reader.cancel());
  try {
    while (!signal.aborted) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    release();
    await reader.cancel();
  }
}

async function* fromElement(
  track: MediaStreamTrack,
  signal: AbortSignal,
): AsyncGenerator<VideoFrame, void> {
  const latch = new Latch();
  const release = latch.wakeOn(signal);
  const stop = listening(track, { ended: () => latch.wake() });
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  let due: number | undefined;
  let request = 0;
  const next = (nowMs: number, metadata: VideoFrameCallbackMetadata) => {
    due = (metadata.captureTime ?? nowMs) * 1000;
    latch.wake();
    request = video.requestVideoFrameCallback(next);
  };
  request = video.requestVideoFrameCallback(next);
  try {
    await video.play();
    while (!signal.aborted && track.readyState === "live") {
      if (due === undefined) {
        await latch.changed();
        continue;
      }
      const timestamp = Math.round(due);
      due = undefined;
      yield new VideoFrame(video, { timestamp });
    }
  } finally {
    video.cancelVideoFrameCallback(request);
    video.srcObject = null;
    stop();
    release();
  }
}
