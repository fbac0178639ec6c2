/**
 * The relay under test, as a process.
 *
 * Commands: `state`, answered with a {@linkcode RelayState}.
 *
 * @module
 */
import {
  IN_BAND_ALPN,
  PROTOCOLS,
  type Session,
  SILENT,
  systemClock,
} from "@moq-deno/lite";
import { PublicAuth, Relay } from "@moq-deno/relay";
import { GeneratedCertificate } from "../../relay/certs.ts";
import { loadConfig } from "../../relay/config_load.ts";
import { readCommandLine } from "../../relay/config_sources.ts";
import { openListeners } from "../../relay/listen/listeners.ts";
import { commands, say } from "../process/inside.ts";

/** What the relay says first. */
export interface RelayAddress {
  /** Where QUIC and WebSocket are listened for. */
  readonly port: number;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/** What the relay knows of its viewers. */
export interface RelayState {
  /** The most each peer has had on its way, in bytes, in order of arrival. */
  readonly mostUnconfirmedBytes: readonly number[];
  /** Sessions now. */
  readonly sessions: number;
  /** The rate measured to the slowest peer, in bits per second; 0 for unknown. */
  readonly bitrateBps: number;
  /** The longest round trip to a peer, in milliseconds. */
  readonly rttMs: number;
}

const SAMPLE_MS = 10;
const ALL = { publish: ["**"], subscribe: ["**"] };

const authorizer = new PublicAuth(ALL);
const relay = new Relay({ authorizer });
const commandLine = readCommandLine([
  "--listen",
  "0.0.0.0:4443",
  "--auth-public",
  "**",
]);
const certificate = await new GeneratedCertificate({ names: ["relay"] })
  .current();
const { fingerprint } = certificate;
const clock = systemClock;
const listeners = await openListeners(
  loadConfig({ commandLine, environment: {} }),
  {
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
    log: SILENT,
  },
);

const most = new Map<Session, number>();

async function runAccept(): Promise<void> {
  for await (const incoming of listeners.incoming) void relay.accept(incoming);
}

function sample(): void {
  for (const session of relay.sessions) {
    const before = most.get(session) ?? 0;
    most.set(session, Math.max(before, session.path.unconfirmedBytes));
  }
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
  };
}

void runAccept(); // Ends with the process.
sample();
const address: RelayAddress = { port: 4443, fingerprint };
say(address);
for await (const _ of commands()) say(state());
Deno.exit(0);
