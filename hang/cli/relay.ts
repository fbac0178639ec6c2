/**
 * The relay that a command talks to.
 *
 * @module
 */
import {
  type Connection,
  type ConnectionStatus,
  MoqError,
  type Session,
} from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import type { RelayArguments } from "./arguments.ts";
import { say } from "./terminal.ts";

/** What of the command line says whom to trust. */
export function trust(
  { fingerprint }: Pick<RelayArguments, "fingerprint">,
): { certificateHashes?: Uint8Array<ArrayBuffer>[] } {
  return fingerprint === undefined
    ? {}
    : { certificateHashes: [Uint8Array.fromHex(fingerprint)] };
}

/** A session that publishes nothing. */
export function connectSubscriber(
  args: Pick<RelayArguments, "url" | "fingerprint">,
  signal: AbortSignal,
): Promise<Session> {
  return connect(args.url, { ...trust(args), role: "subscriber", signal });
}

/** Waits until the relay has let us in once; throws when it never will. */
export async function firstSession(
  connection: Connection,
  signal: AbortSignal,
): Promise<void> {
  let last: ConnectionStatus | undefined;
  for await (const status of connection.statuses(signal)) {
    last = status;
    if (status.state === "connected") return;
    if (status.state === "waiting") {
      say(`no relay yet: ${status.error?.message ?? "connection ended"}\n`);
    }
  }
  if (signal.aborted) return;
  const error = last?.state === "closed" ? last.error : undefined;
  throw error ?? new MoqError("closed", "Connection ended before it began");
}
