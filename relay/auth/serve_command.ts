/**
 * `moq-relay auth serve` on the command line.
 *
 * @module
 */
import { type Logger, systemClock } from "@moq-deno/lite";
import { readArgs } from "../command_args.ts";
import {
  helpOf,
  list,
  optional,
  sure,
  toggle,
  type Values,
} from "../config/rows.ts";
import { formatAddress, isLoopback } from "../config/rules.ts";
import {
  type Address,
  address,
  ConfigError,
  duration,
  file,
  fileOrUrl,
  integer,
  type Kind,
  parseDuration,
  safeUrl,
  text,
} from "../config/values.ts";
import { cannotListen } from "../listen/cannot_listen.ts";
import { openLog } from "../logging.ts";
import { print, printError, stopSignal } from "../process.ts";
import { parsePattern } from "../token/mod.ts";
import { openTokens } from "./open_tokens.ts";
import { Policy } from "./policy.ts";
import { type RunningAuthServer, serveAuth } from "./serve.ts";
import { NoAnonymousAuth } from "./token_auth.ts";

const SESSIONS = integer(1, 1_000_000);

const PATTERN: Kind<string> = {
  name: "PATTERN",
  expects: 'a pattern such as "live/**"',
  literals: [],
  parse: parsePattern,
};

const SECONDS: Kind<number> = {
  ...duration,
  expects: `${duration.expects}, at least 1s`,
  parse(text) {
    const ms = parseDuration(text);
    return ms !== undefined && ms >= 1000 ? Math.floor(ms / 1000) : undefined;
  },
};

const FOLDER = { ...file, name: "DIR", expects: "the path of a folder" };

const ROWS = {
  listen: sure(address(4440), "127.0.0.1:4440", {
    flag: "listen",
    help: "Where relays ask",
  }),
  isPublic: toggle({
    flag: "listen-public",
    help:
      "Allow other machines to ask: anyone who reaches this server learns what its rules grant",
  }),
  key: optional(file, {
    flag: "key",
    help: "Key or key set that verifies tokens, as the relay's --auth-key",
  }),
  keyDir: optional(FOLDER, {
    flag: "key-dir",
    help: "Folder with one KID.jwk per key",
  }),
  jwks: optional(safeUrl, { flag: "jwks", help: "URL of a key set" }),
  revoked: optional(fileOrUrl, {
    flag: "revoked",
    help: "Revoked tokens, as the relay's --auth-revoked",
  }),
  publicPublish: list(PATTERN, {
    flag: "public-publish",
    help: "Paths that anyone may publish",
  }),
  publicSubscribe: list(PATTERN, {
    flag: "public-subscribe",
    help: "Paths that anyone may subscribe to",
  }),
  mtlsPublish: list(PATTERN, {
    flag: "mtls-publish",
    help:
      "Paths that holders of a certificate that the relay verified may publish",
  }),
  mtlsSubscribe: list(PATTERN, {
    flag: "mtls-subscribe",
    help: "Paths that they may subscribe to",
  }),
  expiresS: optional(SECONDS, {
    flag: "expires",
    help: "How long a grant lasts that has no end of its own",
  }),
  revalidateS: optional(SECONDS, {
    flag: "revalidate",
    help: "How often relays ask again; needs --expires",
  }),
  perToken: optional(SESSIONS, {
    flag: "limit-token",
    help: "Concurrent sessions with one token; needs --revalidate",
  }),
  perAddress: optional(SESSIONS, {
    flag: "limit-remote",
    help: "Concurrent sessions from one address; needs --revalidate",
  }),
  tier: optional(text, {
    flag: "tier",
    help: "A label for relays that count by it",
  }),
};

type AuthServerValues = Values<typeof ROWS>;

const HELP = `Authorize sessions for relays that run with --auth-url

Usage: moq-relay auth serve [FLAGS]

Flags:
${helpOf(Object.values(ROWS))}
Keys are read again for every question, so that a relay ends a session at the
next one after its key or token was revoked.

Example:
  moq-relay auth serve --key public.jwk --public-subscribe "live/**" --expires 1h --revalidate 30s
  moq-relay --auth-url http://127.0.0.1:4440/
`;

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
  const { values } = readArgs(ROWS, flags);
  const where = addressOf(values);
  const policy = await openPolicy(values, { log, signal });
  try {
    return serveAuth(policy, { ...where, log });
  } catch (cause) {
    throw cannotListen(`TCP ${formatAddress(where)}`, {
      flag: "--listen",
      cause,
    });
  }
}

function addressOf({ listen, isPublic }: AuthServerValues): Address {
  if (isLoopback(listen) || isPublic) {
    return { ...listen, hostname: listen.hostname || "0.0.0.0" };
  }
  throw new ConfigError(
    `--listen: expected an address of this machine alone, got ${
      formatAddress(listen)
    }; give --listen-public too if others are to ask`,
  );
}

async function openPolicy(
  values: AuthServerValues,
  { log, signal }: StartAuthServerOptions,
): Promise<Policy> {
  const clock = systemClock;
  const { key, keyDir, jwks, revoked, ...policy } = values;
  const { revalidateS, expiresS, perToken, perAddress, tier } = policy;
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
    key,
    keyDir,
    jwks,
    revoked,
    revokedPollMs: 10_000,
    prefix: "--",
    anonymous: new NoAnonymousAuth(),
  }, { log, clock });
  void run(signal); // never rejects
  return new Policy({
    tokens: authorizer,
    anyone: {
      publish: policy.publicPublish,
      subscribe: policy.publicSubscribe,
    },
    certificates: {
      publish: policy.mtlsPublish,
      subscribe: policy.mtlsSubscribe,
    },
    revalidateS,
    expiresS,
    tier,
    perToken,
    perAddress,
    clock,
  });
}
