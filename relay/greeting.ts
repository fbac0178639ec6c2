/**
 * The first lines that a relay prints: its addresses and how to use it.
 *
 * @module
 */
import type { Config } from "./config/settings.ts";
import {
  accessOf,
  formatAddress,
  lacksAccessRules,
  verifiesTokens,
} from "./config/rules.ts";
import type { Address } from "./config/values.ts";
import { patternPrefix } from "./token/pattern.ts";
import { RELAY_VERSION } from "./version.ts";

/** What the greeting needs of a server. */
interface Greeted {
  /** Addresses of QUIC and WebTransport. */
  readonly addresses: readonly Address[];
  /** Addresses of HTTP. */
  readonly httpAddresses: readonly Address[];
  /** Address of HTTPS, if any. */
  readonly httpsAddress: Address | undefined;
  /** SHA-256 of the certificate in use, in hexadecimal. */
  readonly fingerprint: string;
}

/** The lines, for standard output. */
export function greeting(server: Greeted, config: Config): string {
  const { addresses, httpAddresses, httpsAddress, fingerprint } = server;
  const maker = config["listen.tls.cert"] === undefined
    ? "self-signed"
    : "from its file";
  const { publish, subscribe } = accessOf(config);
  const rows: readonly (readonly [title: string, text: string])[] = [
    ["listening", formatAll(addresses)],
    ["http", formatAll(httpAddresses)],
    ["https", formatAll(httpsAddress ? [httpsAddress] : [])],
    ["access", describeAccess(config)],
    ["certificate", `${maker}, sha-256 ${fingerprint}`],
    ["publish", hint("publish", { server, config, patterns: publish })],
    ["watch", hint("subscribe", { server, config, patterns: subscribe })],
  ];
  const lines = rows.filter(([, text]) => text !== "")
    .map(([title, text]) => `  ${title.padEnd(12)}${text}\n`);
  return `moq-relay ${RELAY_VERSION}\n${lines.join("")}`;
}

function formatAll(addresses: readonly Address[]): string {
  return addresses.map(formatAddress).join(", ");
}

function describeAccess(config: Config): string {
  if (lacksAccessRules(config)) {
    return "anyone on this machine may publish and subscribe to everything";
  }
  const server = config["auth.url"];
  if (server) {
    const name = server.protocol === "unix:" ? server.pathname : server.origin;
    return `as ${name} decides`;
  }
  const { publish, subscribe } = accessOf(config);
  const tokens = verifiesTokens(config)
    ? "holders of tokens may do what the token grants; "
    : "";
  return `${tokens}anyone may publish ${list(publish)} and subscribe to ${
    list(subscribe)
  }`;
}

function list(patterns: readonly string[]): string {
  return patterns.length === 0 ? "nothing" : patterns.join(", ");
}

const EVERY_OR_LOCAL: readonly string[] = ["::", "0.0.0.0", "127.0.0.1", "::1"];

interface HintOptions {
  readonly server: Greeted;
  readonly config: Config;
  readonly patterns: readonly string[];
}

/** A command that does `what` with this relay; `""` where that is not allowed, or without HTTP, which serves the fingerprint. */
function hint(
  what: "publish" | "subscribe",
  { server, config, patterns }: HintOptions,
): string {
  const [address] = server.httpAddresses;
  const [pattern] = patterns;
  const needsToken = pattern === undefined &&
    (verifiesTokens(config) || config["auth.url"] !== undefined);
  if (!address || (pattern === undefined && !needsToken)) return "";
  const hostname = EVERY_OR_LOCAL.includes(address.hostname)
    ? "localhost"
    : address.hostname;
  const root = `http://${formatAddress({ ...address, hostname })}/`;
  const url = needsToken
    ? `"${root}?jwt=TOKEN"`
    : root + patternPrefix(pattern ?? "");
  return `deno run --allow-net examples/clock.ts ${what} ${url}`;
}
