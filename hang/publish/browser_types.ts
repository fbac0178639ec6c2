/**
 * Browser APIs that the type library lacks.
 *
 * @module
 */

/** Gives the pictures of a track one by one. W3C mediacapture-transform. */
export interface TrackProcessor {
  /** The pictures; the reader closes each. */
  readonly readable: ReadableStream<VideoFrame>;
}

/** Makes one; `undefined` in Firefox, and in Safari outside of workers. */
type TrackProcessorConstructor = new (
  options: { readonly track: MediaStreamTrack },
) => TrackProcessor;

/** An element whose picture and sound can be had as tracks; Firefox has the prefixed one. */
export interface CapturableElement extends HTMLVideoElement {
  /** W3C mediacapture-fromelement. */
  readonly captureStream?: () => MediaStream;
  /** Firefox. */
  readonly mozCaptureStream?: () => MediaStream;
}

/** The browser's MediaStreamTrackProcessor, where there is one. */
export function trackProcessor(): TrackProcessorConstructor | undefined {
  const scope = globalThis as {
    readonly MediaStreamTrackProcessor?: TrackProcessorConstructor;
  };
  return scope.MediaStreamTrackProcessor;
}
