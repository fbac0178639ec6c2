/**
 * What can go wrong with a camera, a microphone, a screen or a file, in words
 * that say what to do.
 *
 * @module
 */

/** What is captured. */
export type CaptureDevice = "camera" | "microphone" | "screen" | "file";

/** Why there is no picture or no sound. */
export interface CaptureProblem {
  /** What is concerned. */
  readonly device: CaptureDevice;
  /** For programs. */
  readonly kind:
    | "denied"
    | "missing"
    | "busy"
    | "lost"
    | "ended"
    | "insecure"
    | "unsupported"
    | "failed";
  /** For people: what is wrong and what to do. */
  readonly text: string;
}

type Kind = CaptureProblem["kind"];

// DOMException names of getUserMedia and getDisplayMedia, W3C mediacapture-streams 10.2.
const KINDS: Readonly<Record<string, Kind>> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
  NotSupportedError: "unsupported",
};

/** The problem behind what the browser threw. */
export function captureProblem(
  device: CaptureDevice,
  error: unknown,
): CaptureProblem {
  const { name, message } = error instanceof Error
    ? error
    : new Error(String(error));
  return problemOf(device, KINDS[name] ?? "failed", message);
}

/** A problem of this kind; `message` is the browser's, for kinds that have no words of their own. */
export function problemOf(
  device: CaptureDevice,
  kind: Kind,
  message = "",
): CaptureProblem {
  return { device, kind, text: textOf(device, kind, message) };
}

function textOf(device: CaptureDevice, kind: Kind, message: string): string {
  if (device === "screen" && kind === "denied") {
    return "No screen was shared; pick a screen, window or tab when the browser asks";
  }
  switch (kind) {
    case "denied":
      return `The browser does not let this page use the ${device}; allow it in the address bar, then try again`;
    case "missing":
      return `No ${device} found; plug one in to start`;
    case "busy":
      return `The ${device} is in use by another program; close it and we will try again`;
    case "lost":
      return `The ${device} was disconnected; plug it back in to continue`;
    case "ended":
      return "Screen sharing stopped; share again to continue";
    case "insecure":
      return "This page is not secure, so it cannot use the camera; open it over HTTPS or on http://localhost";
    case "unsupported":
      return device === "file"
        ? "This browser cannot play this file; try MP4 or WebM"
        : `This browser cannot capture a ${device}`;
    case "failed":
      return `The ${device} failed: ${message}`;
  }
}
