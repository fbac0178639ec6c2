/**
 * Dialling other relays over QUIC, with an idle timeout of seconds, and a token
 * that is read at each dial.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { dial, setupPath } from "@moq-deno/lite/deno";
import type { DialledPeer, PeerDialer } from "./cluster.ts";
import { readCertificates } from "../certificate_check.ts";
import { ConfigError } from "../config/values.ts";
import { type ClusterPeer, withToken } from "./peer.ts";

interface LinkSettings {
  /** Idle timeout, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Keep-alive interval, in milliseconds. */
  readonly keepAliveMs: number;
  /** File with the token for peers whose URL has none. */
  readonly token: string | undefined;
  /** Additional root certificates to trust, in PEM. */
  readonly caCerts: readonly string[];
}

// Earlier drafts have no SETUP, which identifies the other relay.
const PROTOCOLS = ["moq-lite-06", "moq-lite-05"];
// Each track that a viewer here takes from the other relay is one stream.
const MAX_REQUESTS = 4096;

/** Dials over QUIC. */
export class QuicPeerDialer implements PeerDialer {
  readonly #settings: LinkSettings;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  /** Opens one connection; throws `MoqError` when that fails. */
  async dial(
    { url, address }: ClusterPeer,
    signal: AbortSignal,
  ): Promise<DialledPeer> {
    const { idleTimeoutMs, keepAliveMs, caCerts } = this.#settings;
    const target = await this.#present(url);
    const transport = await dial(target, {
      protocols: PROTOCOLS,
      maxIdleTimeoutMs: idleTimeoutMs,
      keepAliveMs,
      maxBidiStreams: MAX_REQUESTS,
      ...(caCerts.length > 0 && { caCerts }),
      address,
      signal,
    });
    const path = setupPath(target);
    return { transport, path, kind: isRaw(target) ? "quic" : "webtransport" };
  }

  async #present(url: URL): Promise<URL> {
    const { token } = this.#settings;
    if (token === undefined) return url;
    try {
      return withToken(url, (await Deno.readTextFile(token)).trim());
    } catch (cause) {
      throw new MoqError("transport", `Cannot read the token in ${token}`, {
        cause,
      });
    }
  }
}

function isRaw({ protocol }: URL): boolean {
  return protocol === "moqt:" || protocol === "moql:";
}

/** Reads PEM files; throws `ConfigError` for one that cannot be read or has no certificates. */
export async function readRoots(
  files: readonly string[],
): Promise<readonly string[]> {
  return await Promise.all(files.map(async (file) => {
    try {
      const pem = await Deno.readTextFile(file);
      readCertificates(pem, file);
      return pem;
    } catch (cause) {
      if (cause instanceof ConfigError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(`--cluster-tls-root: cannot read ${file}: ${why}`, {
        cause,
      });
    }
  }));
}
