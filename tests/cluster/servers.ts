/**
 * Whole relays in this process, with ports and certificates.
 *
 * @module
 */
import type { Logger, Session } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { type RunningRelay, startRelay } from "../../relay/embed.ts";
import { formatAddress } from "../../relay/config/rules.ts";

/** A relay and its log. */
export interface TestRelay extends AsyncDisposable {
  readonly relay: RunningRelay;
  /** Its address, `host:port`. */
  readonly at: string;
  /** Level, message and fields of each. */
  readonly lines: readonly string[];
}

/** Starts a relay on loopback with additional flags. */
export async function startTestRelay(
  ...flags: readonly string[]
): Promise<TestRelay> {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: object): void => {
    const shown = Deno.inspect(fields, { depth: 8 });
    lines.push(`${level} ${message} ${shown}`);
  };
  const log: Logger = {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
  };
  const relay = await startRelay(["--listen=127.0.0.1:0", ...flags], { log });
  const [address] = relay.addresses;
  if (!address) throw new TypeError("The relay has no address");
  return {
    relay,
    at: formatAddress(address),
    lines,
    [Symbol.asyncDispose]: () => relay.close(),
  };
}

/** A client of `relay` at `path`, which may include a query. */
export function clientOf(
  { relay, at }: TestRelay,
  path = "",
): Promise<Session> {
  return connect(`https://${at}/${path}`, {
    serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
  });
}
