/**
 * Opens what verifying tokens needs: readable keys and a watched list of
 * revoked tokens.
 *
 * @module
 */
import type { Clock, Logger } from "@moq-deno/lite";
import type { Authorizer } from "./auth.ts";
import { ConfigError } from "../config/values.ts";
import { KeyFile, KeyFolder, type KeySource, KeyUrl } from "./key_source.ts";
import {
  MAX_REVOCATIONS_LENGTH,
  parseRevocations,
  Revocations,
} from "./revocations.ts";
import { TokenAuth } from "./token_auth.ts";
import { changes, type TextSource, textSource } from "./watched_text.ts";

/** What access needs in addition to settings. */
export interface AccessOptions {
  /** Logs keys and lists that cannot be read. */
  readonly log: Logger;
  readonly clock: Clock;
}

/** Where the keys and the revocation list are. */
interface TokenRules {
  /** A file with a key or a key set. */
  readonly key: string | undefined;
  /** A folder with one `KID.jwk` per key. */
  readonly keyDir: string | undefined;
  /** URL of a key set. */
  readonly jwks: URL | undefined;
  /** File or URL of the revocation list. */
  readonly revoked: string | undefined;
  /** How often to fetch the list from a URL, in milliseconds. */
  readonly revokedPollMs: number;
  /** How these flags begin, for messages: `--auth-` or `--`. */
  readonly prefix: string;
  /** Decides about peers without a token. */
  readonly anonymous: Authorizer;
}

/** A token authorizer that is ready for use. */
interface OpenTokens {
  readonly authorizer: TokenAuth;
  /** Watches the list until `signal` aborts; never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Opens `rules`; throws `ConfigError` when a key or the list cannot be read. */
export async function openTokens(
  rules: TokenRules,
  options: AccessOptions,
): Promise<OpenTokens> {
  const { revocations, run } = await openRevocations(rules, options);
  const authorizer = new TokenAuth({
    sources: await keySources(rules, options),
    anonymous: rules.anonymous,
    revocations,
    log: options.log,
  });
  return { authorizer, run };
}

/** The folder comes first, then the key set, both by name. The file comes last, since its only key matches any name. */
async function keySources(
  { key, keyDir: folder, jwks: url, prefix }: TokenRules,
  { clock }: AccessOptions,
): Promise<readonly KeySource[]> {
  const file = key === undefined ? undefined : new KeyFile(key);
  if (file) await mustWork(`${prefix}key`, () => file.keys());
  if (folder !== undefined) {
    await mustWork(`${prefix}key-dir`, () => readFolder(folder));
  }
  return [
    ...(folder === undefined ? [] : [new KeyFolder(folder)]),
    ...(url ? [new KeyUrl(url, { clock })] : []),
    ...(file ? [file] : []),
  ];
}

async function readFolder(path: string): Promise<void> {
  for await (const _ of Deno.readDir(path)) return;
}

async function mustWork<T>(flag: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${flag}: ${why}`, { cause });
  }
}

interface RevocationTask {
  readonly revocations: Revocations;
  readonly run: (signal: AbortSignal) => Promise<void>;
}

async function openRevocations(
  { revoked: place, revokedPollMs, prefix }: TokenRules,
  options: AccessOptions,
): Promise<RevocationTask> {
  const revocations = new Revocations();
  if (place === undefined) {
    return { revocations, run: () => Promise.resolve() };
  }
  const source = textSource(place, {
    pollMs: revokedPollMs,
    maxLength: MAX_REVOCATIONS_LENGTH,
    clock: options.clock,
  });
  const first = await mustWork(`${prefix}revoked`, async () => {
    const text = await source.read();
    revocations.replace(parseRevocations(text));
    return text;
  });
  const run = (signal: AbortSignal): Promise<void> =>
    runRevocations(source, { ...options, revocations, first, signal });
  return { revocations, run };
}

interface RunRevocationsOptions extends AccessOptions {
  readonly revocations: Revocations;
  readonly first: string;
  readonly signal: AbortSignal;
}

async function runRevocations(
  source: TextSource,
  { revocations, log, ...options }: RunRevocationsOptions,
): Promise<void> {
  const lists = changes(source, { ...options, log, parse: parseRevocations });
  for await (const list of lists) {
    revocations.replace(list);
    log.info?.("revocations replaced", { entries: list.size });
  }
}
