/**
 * How a receiving half or a whole transport ended, and what is thrown then.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import type { TransportClose } from "./transport.ts";

/** The end of a receiving half: FIN, or `error`. */
export interface StreamEnd {
  /** Why it ended early. */
  readonly error?: Error | undefined;
}

/** What reading after `end` gives: `undefined` after FIN; throws the error of an early end. */
export function again({ error }: StreamEnd): undefined {
  if (error) throw error;
  return undefined;
}

/** Throws `RangeError` for a buffer that nothing can be read into. */
export function checkRoom({ byteLength }: Uint8Array): void {
  if (byteLength > 0) return;
  throw new RangeError("Expected room for at least one byte, got none");
}

/** What reading throws once we have stopped the stream. */
export function stoppedError(): MoqError {
  return new MoqError("cancelled", "The stream was stopped by its reader");
}

/** What opening and reading throw once the transport has ended. */
export function endedError({ reason, error }: TransportClose): MoqError {
  const why = reason === "" ? "" : `: ${reason}`;
  return new MoqError("transport", `The transport has ended${why}`, {
    cause: error,
  });
}
