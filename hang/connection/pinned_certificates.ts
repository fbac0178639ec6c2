/**
 * Relays whose certificate no authority has signed, at `https:` URLs.
 *
 * @module
 */
import { fetchCertificateHash } from "@moq-deno/lite/internal";

const origins: Set<string> = new Set();

/**
 * Connections of this page to the origin of `url` trust, over WebTransport, the
 * certificate whose hash the origin shows at `/certificate.sha256` before each
 * attempt. For development: the hash is only as safe as the origin's own
 * certificate, which the user has to accept. `http:` URLs do this by themselves.
 */
export function pinCertificate(url: string | URL): void {
  origins.add(new URL(url).origin);
}

/** The hashes to trust for `url`; `undefined` for those that the browser trusts. Throws `MoqError("transport")`. */
export async function pinnedHashes(
  url: string,
  signal?: AbortSignal,
): Promise<readonly Uint8Array<ArrayBuffer>[] | undefined> {
  const target = new URL(url);
  if (!origins.has(target.origin)) return undefined;
  return [await fetchCertificateHash(target, signal)];
}
