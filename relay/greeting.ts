/**
 * The first lines of a relay: where it is, and how to use it.
 *
 * @module
 */
import type { Config } from "./config.ts";
import { formatAddress, lacksAccessRules } from "./config_rules.ts";
import type { Address } from "./config_values.ts";
import { RELAY_VERSION } from "./version.ts";

/** What of a server is told. */
export interface Greeted {
  /** Where QUIC and WebTransport are listened for. */
  readonly addresses: readonly Address[];
  /** Where HTTP is listened for. */
  readonly httpAddresses: readonly Address[];
  /** Where HTTPS is listened for, if at all. */
  readonly httpsAddress: Address | undefined;
  /** SHA-256 of the certificate in use, in hexadecimal. */
  readonly fingerprint: string;
}

const EVERY_INTERFACE: readonly string[] = ["::", "0.0.0.0"];

/** The lines, for standard output. */
export function greeting(server: Greeted, config: Config): string {
  const isFile = config["listen.tls.cert"] !== undefined;
  const rows: [title: string, text: string | undefined][] = [
    ["listening", formatAll(server.addresses)],
    ["http", formatAll(server.httpAddresses)],
    ["https", server.httpsAddress && formatAddress(server.httpsAddress)],
    ["access", accessOf(config)],
    [
      "certificate",
      `${isFile ? "from file" : "self-signed"}, sha-256 ${server.fingerprint}`,
    ],
    ...usage(server, config),
  ];
  const lines = rows.flatMap(([title, text]) =>
    text === undefined || text === "" ? [] : [`  ${title.padEnd(12)}${text}`]
  );
  return `moq-relay ${RELAY_VERSION}\n${lines.join("\n")}\n`;
}

function formatAll(addresses: readonly Address[]): string {
  return addresses.map(formatAddress).join(", ");
}

function accessOf(config: Config): string {
  if (lacksAccessRules(config)) {
    return "everybody on this machine may publish and subscribe to everything";
  }
  const both = config["auth.public"];
  const publish = [...both, ...config["auth.public_publish"]];
  const subscribe = [...both, ...config["auth.public_subscribe"]];
  const list = (patterns: readonly string[]): string =>
    patterns.length === 0 ? "nothing" : patterns.join(", ");
  return `everybody may publish ${list(publish)}; subscribe to ${
    list(subscribe)
  }`;
}

/** Addresses that clients take, with a name that they can reach. */
function usage(
  { addresses, httpAddresses }: Greeted,
  config: Config,
): [title: string, text: string | undefined][] {
  const [address] = addresses;
  const [http] = httpAddresses;
  const at = (to: Address): string => {
    const isLocal = EVERY_INTERFACE.includes(to.hostname) ||
      to.hostname === "127.0.0.1" || to.hostname === "::1";
    return formatAddress({
      ...to,
      hostname: isLocal ? "localhost" : to.hostname,
    });
  };
  const clients = [
    address && `moqt://${at(address)} (QUIC)`,
    address && config["listen.tls.cert"] !== undefined
      ? `https://${at(address)} (WebTransport)`
      : undefined,
    http &&
    `http://${
      at(http)
    } (WebTransport or WebSocket, finds the certificate by itself)`,
  ].filter((client) => client !== undefined).join(", ");
  return [["publish", `and watch at ${clients}`]];
}
