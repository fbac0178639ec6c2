/**
 * `moq-relay auth serve` on the command line.
 *
 * @module
 */
import { type Logger, systemClock } from "@moq-deno/lite";
import {
  type CommandArgs,
  type KnownFlags,
  readArgs,
} from "../command_args.ts";
import {
  formatAddress,
  isLoopback,
  type PublicRules,
} from "../config/rules.ts";
import {
  address,
  ConfigError,
  duration,
  fileOrUrl,
  integer,
  type Kind,
  parseDuration,
  safeUrl,
} from "../config/values.ts";
import { cannotListen } from "../listen/cannot_listen.ts";
import { openLog } from "../logging.ts";
import { print, printError, stopSignal } from "../process.ts";
import { parsePattern } from "../token/mod.ts";
import { openTokens } from "./open_tokens.ts";
import { Policy } from "./policy.ts";
import { type RunningAuthServer, serveAuth } from "./serve.ts";
import { NoAnonymousAuth } from "./token_auth.ts";

const DEFAULT_LISTEN = "127.0.0.1:4440";

const HELP = `Authorize sessions for relays that run with --auth-url

Usage: moq-relay auth serve [FLAGS]

  --listen ADDRESS      Address for relays [default: ${DEFAULT_LISTEN}]
  --listen-public       Allow addresses that other machines reach; every client
                        that can reach this server can ask what its rules grant
  --key FILE, --key-dir DIR, --jwks URL
                        Keys that verify tokens, as the relay's --auth-key
  --revoked FILE|URL    Revoked tokens, as the relay's --auth-revoked
  --public-publish PATTERN…, --public-subscribe PATTERN…
                        What anyone may do
  --mtls-publish PATTERN…, --mtls-subscribe PATTERN…
                        What peers may do whose certificate the relay verified
  --expires DURATION    How long a grant lasts that has no expiry of its own
  --revalidate DURATION How often relays ask again; needs --expires
  --limit-token NUMBER  Concurrent sessions with one token; needs --revalidate
  --limit-remote NUMBER Concurrent sessions from one address; needs --revalidate
  --tier TEXT           Label under which relays count the session

Keys are read again for every question, so that a relay ends a session at the
first question after its key or token was revoked.

Example:
  moq-relay auth serve --key public.jwk --public-subscribe "live/**" --expires 1h --revalidate 30s
  moq-relay --auth-url http://127.0.0.1:4440/
`;

const FLAGS: KnownFlags = {
  flags: [
    "listen",
    "key",
    "key-dir",
    "jwks",
    "revoked",
    "expires",
    "revalidate",
    "limit-token",
    "limit-remote",
    "tier",
  ],
  lists: [
    "public-publish",
    "public-subscribe",
    "mtls-publish",
    "mtls-subscribe",
  ],
  switches: ["listen-public"],
};

/** Runs `auth` with `args` until SIGINT or SIGTERM. Throws `ConfigError`. */
export async function runAuthCommand(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  const asksHelp = args.some((arg) => ["--help", "-h", "help"].includes(arg));
  if (name === undefined || asksHelp) return print(HELP);
  if (name !== "serve") {
    throw new ConfigError(`Unknown command ${name}: expected auth serve`);
  }
  const log = openLog({
    level: "info",
    format: Deno.stderr.isTerminal() ? "pretty" : "json",
    sink: printError,
  });
  const stopped = new AbortController();
  const stop = stopSignal();
  const running = await startAuthServer(rest, { log, signal: stopped.signal });
  print(`answering relays at ${running.url}\n`);
  await stop;
  stopped.abort();
  await running.close();
}

interface StartAuthServerOptions {
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Starts the server that the flags describe. Throws `ConfigError`. */
export async function startAuthServer(
  flags: readonly string[],
  { log, signal }: StartAuthServerOptions,
): Promise<RunningAuthServer> {
  const args = readArgs(FLAGS, flags);
  const where = addressOf(args);
  const policy = await openPolicy(args, { log, signal });
  try {
    return serveAuth(policy, { ...where, log });
  } catch (cause) {
    throw cannotListen(`TCP ${formatAddress(where)}`, {
      flag: "--listen",
      cause,
    });
  }
}

function addressOf(args: CommandArgs): { hostname: string; port: number } {
  const where = valueOf(args, "listen", address(4440)) ??
    { hostname: "127.0.0.1", port: 4440 };
  if (isLoopback(where) || args.switches.has("listen-public")) {
    return { ...where, hostname: where.hostname || "0.0.0.0" };
  }
  throw new ConfigError(
    `--listen: expected an address of this machine, or --listen-public, got ${
      formatAddress(where)
    }; give --listen-public too if others are to ask`,
  );
}

async function openPolicy(
  args: CommandArgs,
  { log, signal }: StartAuthServerOptions,
): Promise<Policy> {
  const clock = systemClock;
  const revalidateS = secondsOf(args, "revalidate");
  const expiresS = secondsOf(args, "expires");
  const count = integer(1, 1_000_000);
  const perToken = valueOf(args, "limit-token", count);
  const perAddress = valueOf(args, "limit-remote", count);
  if (revalidateS !== undefined && expiresS === undefined) {
    throw new ConfigError(
      "--revalidate needs --expires: how long a grant lasts when no server answers",
    );
  }
  const isBounded = perToken !== undefined || perAddress !== undefined;
  if (isBounded && revalidateS === undefined) {
    throw new ConfigError(
      "--limit-token and --limit-remote need --revalidate: without it the sessions of a relay that died count forever",
    );
  }
  const { authorizer, run } = await openTokens({
    key: args.values.get("key"),
    keyDir: args.values.get("key-dir"),
    jwks: valueOf(args, "jwks", safeUrl),
    revoked: valueOf(args, "revoked", fileOrUrl),
    revokedPollMs: 10_000,
    prefix: "--",
    anonymous: new NoAnonymousAuth(),
  }, { log, clock });
  void run(signal); // never rejects
  return new Policy({
    tokens: authorizer,
    anyone: rulesOf(args, "public"),
    certificates: rulesOf(args, "mtls"),
    revalidateS,
    expiresS,
    tier: args.values.get("tier"),
    perToken,
    perAddress,
    clock,
  });
}

function rulesOf({ lists }: CommandArgs, kind: "public" | "mtls"): PublicRules {
  const patterns = (direction: string): readonly string[] => {
    const flag = `${kind}-${direction}`;
    try {
      return (lists.get(flag) ?? []).map(parsePattern);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new ConfigError(`--${flag}: ${cause.message}`, { cause });
    }
  };
  return { publish: patterns("publish"), subscribe: patterns("subscribe") };
}

function valueOf<T>(
  { values }: CommandArgs,
  flag: string,
  kind: Kind<T>,
): T | undefined {
  const text = values.get(flag);
  if (text === undefined) return undefined;
  const expected = `--${flag}: expected ${kind.expects}, got "${text}"`;
  try {
    const value = kind.parse(text);
    if (value !== undefined) return value;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ConfigError(`${expected}: ${cause.message}`, { cause });
  }
  throw new ConfigError(expected);
}

function secondsOf({ values }: CommandArgs, flag: string): number | undefined {
  const text = values.get(flag);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000) return Math.floor(ms / 1000);
  throw new ConfigError(
    `--${flag}: expected ${duration.expects}, at least 1s, got "${text}"`,
  );
}
