/**
 * The relay's certificate: made here and renewed by itself, or from PEM files
 * and read again when they change.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { type Clock, type Logger, sleep } from "@moq-deno/lite";
import { selfSignedCertificate } from "@moq-deno/lite/deno";
import { ConfigError } from "./config_values.ts";

/** A certificate chain with its key. */
export interface Certificate {
  /** The chain in PEM, leaf first. */
  readonly cert: string;
  /** The private key in PEM; secret. */
  readonly key: string;
  /** SHA-256 of the leaf, 64 hexadecimal digits: what a browser pins. */
  readonly fingerprint: string;
  /** When the leaf ends to be valid. */
  readonly expires: Date;
}

/** Where a certificate comes from. */
export interface CertificateSource {
  /** The certificate to use now, the same object as long as nothing changed. Throws `ConfigError`. */
  current(): Promise<Certificate>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

// Browsers accept a pinned certificate of at most 14 days; the day between is for clocks that are wrong.
const VALID_DAYS = 13;
const RENEW_AFTER_DAYS = 10;

/** Options of {@linkcode GeneratedCertificate}. */
export interface GeneratedCertificateOptions {
  /** The host names and addresses that it is for. */
  readonly names: readonly string[];
  /** The time of day, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** Self-signed: ECDSA P-256, valid for 13 days, replaced after 10. */
export class GeneratedCertificate implements CertificateSource {
  readonly #names: readonly string[];
  readonly #now: () => number;
  #latest:
    | { readonly certificate: Certificate; readonly renewAt: number }
    | undefined;

  /** Nothing is made before it is asked for. */
  constructor({ names, now = Date.now }: GeneratedCertificateOptions) {
    this.#names = names;
    this.#now = now;
  }

  /** Makes one when there is none or the last is 10 days old. */
  async current(): Promise<Certificate> {
    const now = this.#now();
    if (this.#latest && now < this.#latest.renewAt) {
      return this.#latest.certificate;
    }
    const made = await selfSignedCertificate({
      names: this.#names,
      days: VALID_DAYS,
      notBefore: new Date(now - HOUR_MS), // for clocks that are behind
    });
    const certificate = {
      cert: made.certPem,
      key: made.keyPem,
      fingerprint: made.sha256.toHex(),
      expires: made.notAfter,
    };
    this.#latest = { certificate, renewAt: now + RENEW_AFTER_DAYS * DAY_MS };
    return certificate;
  }
}

/** Where {@linkcode CertificateFiles} reads. */
export interface CertificateFilesOptions {
  /** Path of the chain in PEM. */
  readonly cert: string;
  /** Path of the private key in PEM. */
  readonly key: string;
}

/** A chain and a key in files, read at every call: what replaces them atomically or through a link is seen too. */
export class CertificateFiles implements CertificateSource {
  readonly #paths: CertificateFilesOptions;
  #latest: Certificate | undefined;

  /** Nothing is read before it is asked for. */
  constructor(paths: CertificateFilesOptions) {
    this.#paths = paths;
  }

  /** Throws `ConfigError` on a file that cannot be read, is not PEM or does not fit the other. */
  async current(): Promise<Certificate> {
    const cert = await readFile(this.#paths.cert);
    const key = await readFile(this.#paths.key);
    if (this.#latest?.cert !== cert || this.#latest.key !== key) {
      this.#latest = this.#check(cert, key);
    }
    return this.#latest;
  }

  #check(cert: string, key: string): Certificate {
    const leaf = parsePem(
      () => new X509Certificate(cert),
      `${this.#paths.cert}: expected a certificate chain in PEM`,
    );
    const secret = parsePem(
      () => createPrivateKey(key),
      `${this.#paths.key}: expected a private key in PEM`,
    );
    if (!leaf.checkPrivateKey(secret)) {
      throw new ConfigError(
        `${this.#paths.key}: expected the key of ${this.#paths.cert}, got another one`,
      );
    }
    return {
      cert,
      key,
      fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
      expires: new Date(leaf.validTo),
    };
  }
}

async function readFile(path: string): Promise<string> {
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

function parsePem<T>(parse: () => T, expected: string): T {
  try {
    return parse();
  } catch (cause) {
    throw new ConfigError(`${expected}, got something else`, { cause });
  }
}

/** Options of {@linkcode renewals}. */
export interface RenewalOptions {
  /** The certificate in use. */
  readonly first: Certificate;
  /** Times the looks. */
  readonly clock: Clock;
  /** Ends the iteration. */
  readonly signal: AbortSignal;
  /** Hears of failures, each once. */
  readonly log: Logger;
}

/** How often a source is asked, in milliseconds. */
export const RENEWAL_CHECK_MS = 10_000;

/** Every certificate that replaces the one before; a failure keeps the one in use and is tried again. */
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
      const reason = error instanceof Error ? error.message : String(error);
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
