/**
 * The relay under test, in a process.
 *
 * Commands: `state`, answered with a {@linkcode RelayState}; `collect`, the same
 * after a garbage collection, which needs `--expose-gc`.
 *
 * @module
 */
import {
  type LogFields,
  type Logger,
  type Session,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { startRelay } from "@moq-deno/relay/server";
import { commands, say, settings } from "./inside.ts";

export interface RelaySettings {
  /** The flags of `moq-relay`; everything is allowed. */
  readonly flags: readonly string[];
}

/** The first message of the relay. */
export interface RelayAddress {
  /** Port of QUIC and WebSocket. */
  readonly port: number;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/** The relay's state. */
export interface RelayState {
  /** The most bytes that each current peer has had in flight, in order of arrival. */
  readonly mostUnconfirmedBytes: readonly number[];
  /** Current sessions. */
  readonly sessions: number;
  /** The measured rate of the slowest peer, in bits per second; 0 for unknown. */
  readonly bitrateBps: number;
  /** The longest round trip to a peer, in milliseconds. */
  readonly rttMs: number;
  /** Current subscriptions of peers. */
  readonly subscriptions: number;
  /** Live JavaScript objects and what they retain, in bytes. */
  readonly heapBytes: number;
  /** How often each message was logged. */
  readonly logged: Readonly<Record<string, number>>;
  /** The newest hundred warnings and errors. */
  readonly complaints: readonly Complaint[];
}

/** A warning or an error. */
export interface Complaint {
  readonly message: string;
  /** The reason, if the message has one. */
  readonly reason: string;
}

const SAMPLE_MS = 10;
const MAX_COMPLAINTS = 100;

const logged: Record<string, number> = {};
const complaints: Complaint[] = [];

function count(message: string): void {
  logged[message] = (logged[message] ?? 0) + 1;
}

function complain(message: string, { reason }: LogFields = {}): void {
  count(message);
  complaints.push({ message, reason: String(reason) });
  if (complaints.length > MAX_COMPLAINTS) complaints.shift();
}

const log: Logger = {
  debug: count,
  info: count,
  warn: complain,
  error: complain,
};
const { flags } = settings<RelaySettings>();
const relay = await startRelay([...flags, "--auth-public=**"], { log });
const clock = systemClock;

// Drops sessions that have ended: memory tests measure what the relay still holds.
let most: ReadonlyMap<Session, number> = new Map();

function sample(): void {
  const now = new Map<Session, number>();
  for (const session of relay.sessions) {
    const before = most.get(session) ?? 0;
    now.set(session, Math.max(before, session.path.unconfirmedBytes));
  }
  most = now;
  clock.after(SAMPLE_MS, sample);
}

function state(): RelayState {
  const paths = [...relay.sessions].map((session: Session) => session.path);
  const rates = paths.map(({ bitrateBps }) => bitrateBps).filter((bps) => bps);
  return {
    mostUnconfirmedBytes: [...most.values()],
    sessions: relay.sessions.size,
    bitrateBps: rates.length === 0 ? 0 : Math.min(...rates),
    rttMs: Math.max(0, ...paths.map(({ rttMs = 0 }) => rttMs)),
    subscriptions: [...relay.sessions].reduce(
      (sum, { stats }) => sum + stats.subscriptions,
      0,
    ),
    heapBytes: Deno.memoryUsage().heapUsed,
    logged,
    complaints,
  };
}

const { gc } = globalThis as { readonly gc?: () => void };

/** Objects freed by a finaliser need a turn of the event loop and a second collection. */
async function collect(): Promise<void> {
  if (!gc) throw new TypeError("The process needs --expose-gc");
  for (let round = 0; round < 3; round++) {
    gc();
    await sleep(clock, 10);
  }
}

sample();
const [bound] = relay.addresses;
const { fingerprint } = relay;
const address: RelayAddress = { port: bound!.port, fingerprint };
say(address);
for await (const command of commands()) {
  if (command === "collect") await collect();
  say(state());
}
Deno.exit(0);
