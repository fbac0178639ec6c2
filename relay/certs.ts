/**
 * The relay's certificate: generated here and renewed automatically, or read
 * from PEM files and reloaded when they change.
 *
 * @module
 */
import { type Clock, type Logger, sleep } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import { selfSignedCertificate } from "@moq-deno/lite/deno";
import { checkPemPair } from "./certificate_check.ts";
import { ConfigError } from "./config/values.ts";

/** A certificate chain with its key. */
export interface Certificate {
  /** The chain in PEM, leaf first. */
  readonly cert: string;
  /** The private key in PEM; secret. */
  readonly key: string;
  /** SHA-256 of the leaf as 64 hexadecimal digits, which browsers pin. */
  readonly fingerprint: string;
  /** Start of the leaf's validity. */
  readonly notBefore: Date;
  /** End of the leaf's validity. */
  readonly expires: Date;
}

/** Where a certificate comes from. */
export interface CertificateSource {
  /** The certificate to use now; the same object until it changes. Throws `ConfigError`. */
  current(): Promise<Certificate>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

// Browsers accept a pinned certificate of at most 14 days. One day is left for wrong clocks.
const VALID_DAYS = 13;
const RENEW_AFTER_DAYS = 10;

/** Options of {@linkcode GeneratedCertificate}. */
interface GeneratedCertificateOptions {
  /** Host names and addresses in the certificate. */
  readonly names: readonly string[];
  /** The time of day, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** Self-signed ECDSA P-256 certificates, valid for 13 days. Replaced after 10, or when the clock is set to before the start. */
export class GeneratedCertificate implements CertificateSource {
  readonly #names: readonly string[];
  readonly #now: () => number;
  #latest:
    | { readonly certificate: Certificate; readonly renewAt: number }
    | undefined;

  constructor({ names, now = Date.now }: GeneratedCertificateOptions) {
    this.#names = names;
    this.#now = now;
  }

  /** Makes a new one if the last is 10 days old, or not valid yet because the clock was ahead when it was made. */
  async current(): Promise<Certificate> {
    const now = this.#now();
    if (
      this.#latest && now < this.#latest.renewAt &&
      now >= this.#latest.certificate.notBefore.getTime()
    ) {
      return this.#latest.certificate;
    }
    const notBefore = new Date(now - HOUR_MS); // for clocks that are behind
    const made = await selfSignedCertificate({
      names: this.#names,
      days: VALID_DAYS,
      notBefore,
    });
    const certificate = {
      cert: made.certPem,
      key: made.keyPem,
      fingerprint: made.sha256.toHex(),
      notBefore,
      expires: made.notAfter,
    };
    this.#latest = { certificate, renewAt: now + RENEW_AFTER_DAYS * DAY_MS };
    return certificate;
  }
}

/** Files of {@linkcode CertificateFiles}. */
interface CertificateFilesOptions {
  /** Path of the chain in PEM. */
  readonly cert: string;
  /** Path of the private key in PEM. */
  readonly key: string;
}

/** A chain and a key in files, read at every call, so atomic replacements and changed links are noticed. */
export class CertificateFiles implements CertificateSource {
  readonly #paths: CertificateFilesOptions;
  #latest: Certificate | undefined;

  constructor(paths: CertificateFilesOptions) {
    this.#paths = paths;
  }

  /** Throws `ConfigError` for a file that is unreadable, damaged, does not match the other, or that TLS does not accept. */
  async current(): Promise<Certificate> {
    const cert = await readFile(this.#paths.cert);
    const key = await readFile(this.#paths.key);
    if (this.#latest?.cert !== cert || this.#latest.key !== key) {
      this.#latest = this.#check(cert, key);
    }
    return this.#latest;
  }

  #check(cert: string, key: string): Certificate {
    const { cert: certPath, key: keyPath } = this.#paths;
    const leaf = checkPemPair({ cert, key, certPath, keyPath });
    return {
      cert,
      key,
      fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
      notBefore: new Date(leaf.validFrom),
      expires: new Date(leaf.validTo),
    };
  }
}

/** The text of a file; throws `ConfigError`. */
export async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      `Cannot read ${path}, check the path and its permissions: ${why}`,
      { cause },
    );
  }
}

/** Options of {@linkcode renewals}. */
interface RenewalOptions {
  /** The certificate in use. */
  readonly first: Certificate;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Logs failures, each once. */
  readonly log: Logger;
}

/** How often a source is checked, in milliseconds. */
export const RENEWAL_CHECK_MS = 10_000;

/** Each new certificate. After a failure the present one stays in use, and the source is tried again. */
export async function* renewals(
  source: CertificateSource,
  { first, clock, signal, log }: RenewalOptions,
): AsyncGenerator<Certificate, void> {
  let latest = first;
  let failure = "";
  while (await tick(clock, signal)) {
    try {
      const next = await source.current();
      failure = "";
      if (next === latest) continue;
      latest = next;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== failure) {
        log.error?.("certificate not replaced, the last one stays", { reason });
      }
      failure = reason;
      continue;
    }
    yield latest;
  }
}

async function tick(clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(clock, RENEWAL_CHECK_MS, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
