/**
 * The relay that a command talks to.
 *
 * @module
 */
import {
  type Connection,
  type ConnectionStatus,
  MoqError,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { linked, type LinkedController } from "@moq-deno/lite/internal";
import { reconnect } from "@moq-deno/lite/deno";
import type { RelayValues } from "./command.ts";
import { say } from "./terminal.ts";

const DELIVERY_MS = 5000;
const DELIVERY_STEP_MS = 20;
// A lost session ends its broadcasts a moment before it says so itself.
const SETTLE_MS = 500;

/** What a command does at the relay; both if absent. */
export type RelayRole = "publisher" | "subscriber" | undefined;

/** Connects and waits until there is a session, or `signal` aborts. Throws when the relay refuses us. */
export async function openRelay(
  args: RelayValues,
  { role, signal }: {
    readonly role: RelayRole;
    readonly signal: AbortSignal;
  },
): Promise<RelayConnection> {
  const relay = new RelayConnection(args, { role, signal });
  try {
    await relay.start();
    return relay;
  } catch (error) {
    await relay[Symbol.asyncDispose]();
    throw error;
  }
}

/** A connection to the relay that comes back after a loss, and says so; disposal closes it. */
export class RelayConnection implements AsyncDisposable {
  /** The connection. */
  readonly connection: Connection;
  readonly #command: AbortSignal;
  readonly #over: LinkedController;
  readonly #hadSession = Promise.withResolvers<void>();
  readonly #watching: Promise<void>;

  /** Use {@linkcode openRelay}. */
  constructor(
    { url, fingerprint }: RelayValues,
    { role, signal }: {
      readonly role: RelayRole;
      readonly signal: AbortSignal;
    },
  ) {
    this.#command = signal;
    this.#over = linked(signal);
    const serverCertificateHashes = fingerprint === undefined
      ? undefined
      : [Uint8Array.fromHex(fingerprint)];
    this.connection = reconnect(url, { serverCertificateHashes, role });
    this.#watching = this.#watch();
  }

  /** Aborts with the command's signal, and when the relay refuses us. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Resolves when there is a session, or the command's signal has aborted. Throws the refusal. */
  async start(): Promise<void> {
    await this.#hadSession.promise;
    await this.check();
  }

  /** Throws the refusal if the relay will not serve us; call it after each wait that `signal` ends quietly. */
  async check(): Promise<void> {
    const { state } = this.connection.status;
    if (this.#command.aborted || state !== "closed") return;
    throw await this.connection.closed ??
      new MoqError("closed", "Connection to the relay was closed");
  }

  /** Whether the session was lost a moment ago, so that what was read over it did not end by itself. */
  async wasLost(): Promise<boolean> {
    const { session } = this.connection;
    try {
      await sleep(systemClock, SETTLE_MS, this.signal);
    } catch {
      // Ended: the caller looks at the signal.
    }
    return session === undefined || this.connection.session !== session;
  }

  /** Waits until the readers of what was published have the end of it too, but not for long. */
  async delivered(): Promise<void> {
    const { session } = this.connection;
    if (!session) return;
    const signal = AbortSignal.timeout(DELIVERY_MS);
    try {
      // Slow readers are still being served when the first answer comes.
      do {
        await session.flushed(signal);
        await sleep(systemClock, DELIVERY_STEP_MS, signal);
      } while (session.stats.subscriptions > 0);
      await session.flushed(signal);
    } catch {
      // The session has ended or the relay is too slow: nothing more can be done for its readers.
    }
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
    await this.connection.closed;
    await this.#watching;
    this.#over.release();
  }

  /** Says when the relay is lost, each cause once, and when it is back. */
  async #watch(): Promise<void> {
    let said = "";
    for await (const status of this.connection.statuses(this.#command)) {
      const loss = lossOf(status);
      if (status.state === "connected") {
        if (said !== "") say("connected to the relay\n");
        this.#hadSession.resolve();
      } else if (loss === undefined || loss === said) continue;
      else say(`no relay, trying again: ${loss}\n`);
      said = loss ?? "";
    }
    const reason = this.#command.aborted
      ? this.#command.reason
      : await this.connection.closed;
    this.#over.abort(reason);
    this.#hadSession.resolve();
  }
}

function lossOf(status: ConnectionStatus): string | undefined {
  if (status.state !== "waiting") return undefined;
  return status.error?.message ?? "it closed the session";
}
