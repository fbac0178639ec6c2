/**
 * Checks that TLS can serve a certificate chain with its key. The check runs
 * before a port takes the files, so a bad file never stops a working port.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { ConfigError } from "./config/values.ts";

/** A chain and a key, as read from files. */
interface PemPair {
  /** The chain in PEM, leaf first. */
  readonly cert: string;
  /** The private key in PEM; secret. */
  readonly key: string;
  /** Path of the chain, for messages. */
  readonly certPath: string;
  /** Path of the key, for messages. */
  readonly keyPath: string;
}

/** The leaf certificate, if TLS can serve the chain with the key. Throws `ConfigError` that names the file. */
export function checkPemPair(pair: PemPair): X509Certificate {
  const { cert, key, certPath, keyPath } = pair;
  const [leaf] = readCertificates(cert, certPath);
  const secret = parsePem(
    () => createPrivateKey(key),
    `${keyPath}: expected a private key in PEM`,
  );
  if (!leaf.checkPrivateKey(secret)) {
    throw new ConfigError(
      `${keyPath}: this is not the key of ${certPath}`,
    );
  }
  tryListening(pair);
  return leaf;
}

const BEGIN = "-----BEGIN CERTIFICATE-----";
const WHOLE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates in `cert`, PEM, at least one. Throws `ConfigError` that names the file. */
export function readCertificates(
  cert: string,
  path: string,
): readonly [X509Certificate, ...X509Certificate[]] {
  const begun = cert.split(BEGIN).length - 1;
  const whole = cert.match(WHOLE) ?? [];
  if (whole.length < begun) {
    throw new ConfigError(
      `${path}: one of ${begun} certificates is incomplete; write the file under another name, then rename it`,
    );
  }
  const chain = whole.map((pem, index) =>
    parsePem(
      () => new X509Certificate(pem),
      `${path}: expected a certificate chain in PEM, certificate ${
        index + 1
      } is damaged`,
    )
  );
  const [leaf, ...others] = chain;
  if (leaf) return [leaf, ...others];
  throw new ConfigError(
    `${path}: expected a certificate chain in PEM, got no certificate`,
  );
}

function parsePem<T>(parse: () => T, problem: string): T {
  try {
    return parse();
  } catch (cause) {
    throw new ConfigError(problem, { cause });
  }
}

/** Opens and closes a TLS port on loopback; only this shows whether the runtime accepts the key. */
function tryListening({ cert, key, certPath, keyPath }: PemPair): void {
  try {
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
  } catch (cause) {
    // Missing permission or port says nothing about the files.
    if (isAboutPorts(cause)) return;
    throw new ConfigError(
      `${certPath}, ${keyPath}: expected a chain and a key that TLS takes (ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits and more), got others`,
      { cause },
    );
  }
}

function isAboutPorts(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.AddrInUse ||
    error instanceof Deno.errors.AddrNotAvailable ||
    error instanceof Deno.errors.PermissionDenied;
}
