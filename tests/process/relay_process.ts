/**
 * The relay under test, as a process.
 *
 * Commands: `state`, answered with a {@linkcode RelayState}; `collect`, the same
 * once the garbage is collected, which takes `--expose-gc`.
 *
 * @module
 */
import {
  IN_BAND_ALPN,
  type Logger,
  PROTOCOLS,
  type Session,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { PublicAuth, Relay } from "@moq-deno/relay";
import { GeneratedCertificate } from "../../relay/certs.ts";
import { loadConfig } from "../../relay/config_load.ts";
import { readCommandLine } from "../../relay/config_sources.ts";
import { openListeners } from "../../relay/listen/listeners.ts";
import { commands, say, settings } from "./inside.ts";

/** How the relay is to be. */
export interface RelaySettings {
  /** The flags of `moq-relay`; everybody may do everything. */
  readonly flags: readonly string[];
}

/** What the relay says first. */
export interface RelayAddress {
  /** Where QUIC and WebSocket are listened for. */
  readonly port: number;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/** What the relay knows of its viewers. */
export interface RelayState {
  /** The most each peer that is here has had on its way, in bytes, in order of arrival. */
  readonly mostUnconfirmedBytes: readonly number[];
  /** Sessions now. */
  readonly sessions: number;
  /** The rate measured to the slowest peer, in bits per second; 0 for unknown. */
  readonly bitrateBps: number;
  /** The longest round trip to a peer, in milliseconds. */
  readonly rttMs: number;
  /** Subscriptions that peers hold now. */
  readonly subscriptions: number;
  /** Live JavaScript objects and what they hold on to, in bytes. */
  readonly heapBytes: number;
  /** How often each message was logged. */
  readonly logged: Readonly<Record<string, number>>;
}

const SAMPLE_MS = 10;
const ALL = { publish: ["**"], subscribe: ["**"] };

const authorizer = new PublicAuth(ALL);
const logged: Record<string, number> = {};
function count(message: string): void {
  logged[message] = (logged[message] ?? 0) + 1;
}
const log: Logger = { debug: count, info: count, warn: count, error: count };
const { flags } = settings<RelaySettings>();
const commandLine = readCommandLine([...flags, "--auth-public=**"]);
const config = loadConfig({ commandLine, environment: {} });
const relay = new Relay({
  authorizer,
  limits: {
    sessions: config["limit.sessions"],
    subscriptions: config["limit.subscriptions"],
    announcements: config["limit.announcements"],
  },
  setupTimeoutMs: config["listen.timeout"],
  log,
});
const certificate = await new GeneratedCertificate({ names: ["relay"] })
  .current();
const { fingerprint } = certificate;
const clock = systemClock;
const listeners = await openListeners(config, {
  certificate,
  webCertificate: undefined,
  protocols: [...PROTOCOLS, IN_BAND_ALPN],
  http: {
    origin: relay.origin,
    authorizer,
    fingerprint,
    localPagesOnly: false,
    clock,
  },
  log,
});

// Sessions that have ended are forgotten: what they held is what memory tests look for.
let most: ReadonlyMap<Session, number> = new Map();

async function runAccept(): Promise<void> {
  for await (const incoming of listeners.incoming) void relay.accept(incoming);
}

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
  };
}

const { gc } = globalThis as { readonly gc?: () => void };

/** What only a finaliser lets go of takes a turn of the event loop and another collection. */
async function collect(): Promise<void> {
  if (!gc) throw new TypeError("Expected a process with --expose-gc");
  for (let round = 0; round < 3; round++) {
    gc();
    await sleep(clock, 10);
  }
}

void runAccept(); // Ends with the process.
sample();
const [bound] = listeners.addresses;
const address: RelayAddress = { port: bound!.port, fingerprint };
say(address);
for await (const command of commands()) {
  if (command === "collect") await collect();
  say(state());
}
Deno.exit(0);
