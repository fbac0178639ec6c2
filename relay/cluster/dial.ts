/**
 * Dialling other relays: QUIC that notices within seconds when the other end
 * is gone, and a token read when it is needed.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { dial, setupPath } from "@moq-deno/lite/deno";
import type { DialledPeer, PeerDialer } from "./cluster.ts";
import { ConfigError } from "../config/values.ts";
import { type ClusterPeer, withToken } from "./peer.ts";

/** How links are made. */
interface LinkSettings {
  /** Silence after which a link is lost, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Silence after which a sign of life is sent, in milliseconds. */
  readonly keepAliveMs: number;
  /** A file with the token for peers whose URL has none. */
  readonly token: string | undefined;
  /** Roots to trust besides the usual ones, PEM. */
  readonly caCerts: readonly string[];
}

// Drafts before have no SETUP, which says who the other relay is.
const PROTOCOLS = ["moq-lite-06", "moq-lite-05"];
// Every track of another relay that somebody here wants is one.
const MAX_REQUESTS = 4096;

/** Dials over QUIC. */
export class QuicPeerDialer implements PeerDialer {
  readonly #settings: LinkSettings;

  /** Nothing is read yet. */
  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  /** One connection; throws `MoqError` when that fails. */
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

/** The texts of PEM files; throws `ConfigError` for one that cannot be read. */
export async function readRoots(
  files: readonly string[],
): Promise<readonly string[]> {
  return await Promise.all(files.map(async (file) => {
    try {
      return await Deno.readTextFile(file);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(`--cluster-tls-root: cannot read ${file}: ${why}`, {
        cause,
      });
    }
  }));
}
