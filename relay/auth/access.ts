/**
 * Who may do what, as the settings say: in this order pages of other sites are
 * refused; then another server decides alone, where there is one, or else a
 * token where the peer has one, and what anybody may do is left.
 *
 * @module
 */
import { type Authorizer, OriginAuth, PublicAuth } from "./auth.ts";
import type { Config } from "../config/settings.ts";
import { accessOf, lacksAccessRules, verifiesTokens } from "../config/rules.ts";
import { type AccessOptions, openTokens } from "./open_tokens.ts";
import { NoAnonymousAuth } from "./token_auth.ts";
import { UrlAuth } from "./url_auth.ts";

/** The decisions of a relay, as long as it runs. */
export interface Access {
  /** Decides. */
  readonly authorizer: Authorizer;
  /** Watches what decisions depend on until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Asks nobody any more; resolves soon, when nothing is left to report. Never rejects. */
  flush(): Promise<void>;
}

/** The decisions of a program's own authorizer. */
export function fixedAccess(authorizer: Authorizer): Access {
  return { authorizer, run: nothing, flush: nothing };
}

/** The decisions that `config` asks for; throws `ConfigError` when a key or a list cannot be read. */
export async function openAccess(
  config: Config,
  options: AccessOptions,
): Promise<Access> {
  const access = await openRules(config, options);
  const origins = config["auth.origin"];
  return origins.length === 0
    ? access
    : { ...access, authorizer: new OriginAuth(origins, access.authorizer) };
}

async function openRules(
  config: Config,
  options: AccessOptions,
): Promise<Access> {
  const url = config["auth.url"];
  if (url) {
    const node = config["cluster.node"];
    const server = new UrlAuth(url, { ...options, node });
    return { authorizer: server, run: nothing, flush: () => server.flush() };
  }
  const everybody = publicAuth(config);
  if (!verifiesTokens(config)) {
    return { authorizer: everybody, run: nothing, flush: nothing };
  }
  const tokens = await openTokens({
    key: config["auth.key"],
    keyDir: config["auth.key_dir"],
    jwks: config["auth.jwks"],
    revoked: config["auth.revoked"],
    revokedPollMs: config["auth.revoked_poll"],
    prefix: "--auth-",
    anonymous: everybody,
  }, options);
  return { ...tokens, flush: nothing };
}

function publicAuth(config: Config): Authorizer {
  const access = accessOf(config);
  return access.publish.length + access.subscribe.length === 0
    ? new NoAnonymousAuth()
    : new PublicAuth({
      ...access,
      localPagesOnly: lacksAccessRules(config),
    });
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
