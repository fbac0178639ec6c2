/**
 * The data of the benchmark, the same through either server: group streams of
 * moq-lite whose frames have their sending time as timestamp.
 *
 * @module
 */
import { FrameScanner } from "../../lite/model/frame.ts";

/** The address of a server under test. */
export interface ServerAddress {
  /** Which server it is. */
  readonly server: "relay" | "bare";
  /** `moqt:` URL. */
  readonly url: string;
  /** SHA-256 of its certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/** The broadcast. */
export const BROADCAST = "bench";
/** Its track. */
export const TRACK = "video";
/** The draft in use; the bytes of a group do not depend on it. */
export const DRAFT = "06";
/** ALPN of the publisher at the bare fan-out. */
export const PUBLISHER_ALPN = "bench-publisher";
/** ALPN of a viewer at the bare fan-out. */
export const VIEWER_ALPN = "bench-viewer";

/** Microseconds of a clock that all processes of this machine share. */
export function nowMicros(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/** Follows one group stream and reports each complete frame. */
export class FrameMeter {
  readonly #scanner: FrameScanner;
  #timestamp = 0;
  #left = 0;

  /** `arrived` is called with the age of each frame, in milliseconds. */
  constructor(arrived: (ageMs: number) => void) {
    const complete = (): void =>
      arrived((nowMicros() - this.#timestamp) / 1000);
    this.#scanner = new FrameScanner({
      frame: (timestamp, size) => {
        this.#timestamp = timestamp;
        this.#left = size;
        if (size === 0) complete();
      },
      payload: (bytes) => {
        this.#left -= bytes.byteLength;
        if (this.#left === 0) complete();
      },
    });
  }

  /** Adds the next bytes after the GROUP header. */
  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }
}
