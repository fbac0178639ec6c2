/**
 * The hash that a relay shows of its own certificate, for development.
 *
 * @module
 */
import { messageOf, MoqError } from "../error.ts";

const SHA256_HEX = /^[0-9a-f]{64}$/i;
// A hash has 64 characters; a page that is something else is not read to its end.
const MAX_SHOWN = 80;

/**
 * Fetches `/certificate.sha256` from the host of `url`; only as safe as the way
 * to it. Throws `MoqError("transport")` when what comes is no hash.
 */
export async function fetchCertificateHash(
  url: URL,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const target = new URL("/certificate.sha256", url);
  let text: string;
  try {
    const response = await fetch(target, signal ? { signal } : {});
    text = (await response.text()).trim();
  } catch (cause) {
    signal?.throwIfAborted();
    const message = `No relay answers at ${url.origin}: ${messageOf(cause)}`;
    throw new MoqError("transport", message, { cause });
  }
  if (!SHA256_HEX.test(text)) {
    throw new MoqError(
      "transport",
      `No certificate hash at ${target}, is it a relay with a QUIC port? It answers ${
        JSON.stringify(text.slice(0, MAX_SHOWN))
      }`,
    );
  }
  return Uint8Array.from(
    text.match(/../g) ?? [],
    (byte) => Number.parseInt(byte, 16),
  );
}
