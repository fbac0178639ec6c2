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
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { connect, reconnect } from "@moq-deno/lite/deno";
import type { RelayValues } from "./command.ts";
import { say } from "./terminal.ts";

const DELIVERY_MS = 5000;
const DELIVERY_STEP_MS = 20;

function trust(
  { fingerprint }: RelayValues,
): { serverCertificateHashes?: Uint8Array<ArrayBuffer>[] } {
  return fingerprint === undefined
    ? {}
    : { serverCertificateHashes: [Uint8Array.fromHex(fingerprint)] };
}

/** A session that publishes nothing. */
export function connectSubscriber(
  args: RelayValues,
  signal: AbortSignal,
): Promise<Session> {
  return connect(args.url, { ...trust(args), role: "subscriber", signal });
}

/** A connection that is closed when it goes out of scope. */
interface OpenConnection extends AsyncDisposable {
  readonly connection: Connection;
}

/** Connects and waits until the relay has let us in once, or `signal` aborts; throws when it never will. */
export async function openConnection(
  args: RelayValues,
  signal: AbortSignal,
): Promise<OpenConnection> {
  const connection = reconnect(args.url, trust(args));
  const close = async (): Promise<void> => {
    connection.close();
    await connection.closed;
  };
  try {
    await firstSession(connection, signal);
  } catch (error) {
    await close();
    throw error;
  }
  return { connection, [Symbol.asyncDispose]: close };
}

async function firstSession(
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
  throw error ??
    new MoqError("closed", "Connection closed before it was established");
}

/** Waits until those who read what `connection` publishes have the end of it too, but not for long. */
export async function delivered(connection: Connection): Promise<void> {
  const { session } = connection;
  if (!session) return;
  const signal = AbortSignal.timeout(DELIVERY_MS);
  try {
    // Who reads slowly is still being served when the first answer comes.
    do {
      await session.flushed(signal);
      await sleep(systemClock, DELIVERY_STEP_MS, signal);
    } while (session.stats.subscriptions > 0);
    await session.flushed(signal);
  } catch {
    // The session has ended or the relay is too slow: nothing more can be done for its readers.
  }
}
