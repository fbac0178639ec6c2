/**
 * Ends of receiving halves and transports, and their errors.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import type { TransportClose } from "./transport.ts";

/** The end of a receiving half: FIN without, else early. */
export interface StreamEnd {
  /** Why it ended early. */
  readonly error?: Error | undefined;
}

/** The result of reading after the end: `undefined` after FIN; throws the error of an early end. */
export function again({ error }: StreamEnd): undefined {
  if (error) throw error;
  return undefined;
}

/** Throws `RangeError` for an empty buffer. */
export function checkRoom({ byteLength }: Uint8Array): void {
  if (byteLength > 0) return;
  throw new RangeError("Expected room for at least one byte, got none");
}

/** The error of reads after we stopped the stream. */
export function stoppedError(): MoqError {
  return new MoqError("cancelled", "The stream was stopped by its reader");
}

/** The error of opens and reads after the end of the transport. */
export function endedError({ reason, error }: TransportClose): MoqError {
  const why = reason === "" ? "" : `: ${reason}`;
  return new MoqError("transport", `The transport has ended${why}`, {
    cause: error,
  });
}
