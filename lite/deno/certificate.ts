/**
 * Self-signed certificates that browsers accept by their hash: ECDSA P-256,
 * valid for less than 14 days. WebTransport, "serverCertificateHashes"; X.509
 * in DER as of RFC 5280.
 *
 * @module
 */
import { joinBytes } from "../bytes/join.ts";

/** Options of {@linkcode selfSignedCertificate}. */
export interface SelfSignedOptions {
  /** Host names and IP addresses it is valid for. Default `localhost`, `127.0.0.1`, `::1`. */
  readonly names?: readonly string[] | undefined;
  /** Days it is valid. Default 13; browsers refuse more than 14. */
  readonly days?: number | undefined;
  /** Start of validity. Default an hour ago, for clocks that are slow. */
  readonly notBefore?: Date | undefined;
}

/** A certificate with its key. */
export interface SelfSigned {
  /** The certificate for `listen`. */
  readonly certPem: string;
  /** Its private key, PKCS #8. */
  readonly keyPem: string;
  /** The certificate's bytes. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** SHA-256 of {@linkcode SelfSigned.der}, for `serverCertificateHashes`. */
  readonly sha256: Uint8Array<ArrayBuffer>;
  /** End of its validity. */
  readonly notAfter: Date;
}

type Der = Uint8Array<ArrayBuffer>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const VERSION_FIELD = 0xa0;
const EXTENSIONS_FIELD = 0xa3;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

// 1.2.840.10045.4.3.2, 2.5.4.3 and 2.5.29.17, encoded.
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11];

const encoder = new TextEncoder();

/** Generates a key and a certificate for it. */
export async function selfSignedCertificate(
  options: SelfSignedOptions = {},
): Promise<SelfSigned> {
  const names = options.names ?? ["localhost", "127.0.0.1", "::1"];
  const notBefore = options.notBefore ?? new Date(Date.now() - HOUR_MS);
  const notAfter = new Date(
    notBefore.getTime() + (options.days ?? 13) * DAY_MS,
  );
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  const algorithm = sequence(field(OBJECT_ID, bytes(ECDSA_WITH_SHA256)));
  const content = toBeSigned({ names, notBefore, notAfter, spki, algorithm });
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    privateKey,
    content,
  );
  const der = sequence(
    content,
    algorithm,
    field(BIT_STRING, bytes([0]), signatureDer(new Uint8Array(signature))),
  );
  return {
    certPem: pem("CERTIFICATE", der),
    keyPem: pem("PRIVATE KEY", new Uint8Array(pkcs8)),
    der,
    sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", der)),
    notAfter,
  };
}

function toBeSigned({ names, notBefore, notAfter, spki, algorithm }: {
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Der;
  readonly algorithm: Der;
}): Der {
  const serial = crypto.getRandomValues(new Uint8Array(16));
  const name = sequence(field(
    SET,
    sequence(
      field(OBJECT_ID, bytes(COMMON_NAME)),
      field(UTF8_STRING, encoder.encode(names[0] ?? "localhost")),
    ),
  ));
  const alternatives = sequence(
    field(OBJECT_ID, bytes(SUBJECT_ALT_NAME)),
    field(OCTET_STRING, sequence(...names.map(alternativeName))),
  );
  return sequence(
    field(VERSION_FIELD, integer(bytes([2]))),
    integer(serial),
    algorithm,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    spki,
    field(EXTENSIONS_FIELD, sequence(alternatives)),
  );
}

function alternativeName(name: string): Der {
  const address = /^\d+\.\d+\.\d+\.\d+$/.test(name)
    ? bytes(name.split(".").map(Number))
    : parseIpv6(name);
  return address
    ? field(IP_ADDRESS, address)
    : field(DNS_NAME, encoder.encode(name));
}

function parseIpv6(name: string): Der | undefined {
  if (!name.includes(":")) return undefined;
  // The URL parser validates and normalizes: only one "::" is left to expand.
  const [head = "", tail] = new URL(`http://[${name}]`).hostname.slice(1, -1)
    .split("::");
  const groupsOf = (text = ""): string[] => text === "" ? [] : text.split(":");
  const before = groupsOf(head);
  const after = groupsOf(tail);
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  const groups = [...before, ...zeros, ...after].map((g) => parseInt(g, 16));
  return bytes(groups.flatMap((group) => [group >> 8, group & 255]));
}

// WebCrypto gives r and s of 32 bytes each; X.509 wants two integers.
function signatureDer(signature: Der): Der {
  return sequence(
    integer(signature.slice(0, 32)),
    integer(signature.slice(32)),
  );
}

function integer(value: Der): Der {
  let start = 0;
  while (start < value.byteLength - 1 && value[start] === 0) start++;
  const digits = value.slice(start);
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return isNegative
    ? field(INTEGER, bytes([0]), digits)
    : field(INTEGER, digits);
}

function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? field(UTC_TIME, encoder.encode(`${digits.slice(2)}Z`))
    : field(GENERALIZED_TIME, encoder.encode(`${digits}Z`));
}

function sequence(...parts: readonly Der[]): Der {
  return field(SEQUENCE, ...parts);
}

function field(tag: number, ...parts: readonly Der[]): Der {
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return joinBytes([[tag, ...lengthBytes(length)], ...parts]);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return [0x82, length >> 8, length & 255];
}

function bytes(values: readonly number[]): Der {
  return Uint8Array.from(values);
}

function pem(label: string, der: Der): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${
    lines.join("\n")
  }\n-----END ${label}-----\n`;
}
