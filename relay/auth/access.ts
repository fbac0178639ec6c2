/**
 * Builds the authorizer that the settings describe. Pages of other sites are
 * refused first. Then an auth server decides alone if there is one; otherwise
 * a token decides if the peer has one, and the public rules if not.
 *
 * @module
 */
import { type Authorizer, OriginAuth, PublicAuth } from "./auth.ts";
import type { Config } from "../config/settings.ts";
import { accessOf, lacksAccessRules, verifiesTokens } from "../config/rules.ts";
import { type AccessOptions, openTokens } from "./open_tokens.ts";
import { NoAnonymousAuth } from "./token_auth.ts";
import { UrlAuth } from "./url_auth.ts";

/** How a running relay decides about access. */
export interface Access {
  readonly authorizer: Authorizer;
  /** Watches keys and lists until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Sends the last reports to the auth server; asks nothing after that. Resolves within seconds, never rejects. */
  flush(): Promise<void>;
}

/** Access by an authorizer that the calling program brings. */
export function fixedAccess(authorizer: Authorizer): Access {
  return { authorizer, run: nothing, flush: nothing };
}

/** Access as `config` describes it; throws `ConfigError` when a key or a list cannot be read. */
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
  const publicRules = publicAuth(config);
  if (!verifiesTokens(config)) {
    return { authorizer: publicRules, run: nothing, flush: nothing };
  }
  const tokens = await openTokens({
    key: config["auth.key"],
    keyDir: config["auth.key_dir"],
    jwks: config["auth.jwks"],
    revoked: config["auth.revoked"],
    revokedPollMs: config["auth.revoked_poll"],
    prefix: "--auth-",
    anonymous: publicRules,
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
