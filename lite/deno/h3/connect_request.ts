/**
 * The headers of an extended CONNECT for WebTransport and of its answer: RFC
 * 9220, RFC 8441 section 4 and draft-ietf-webtrans-http3.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import type { Field } from "./qpack.ts";
import {
  readString,
  readStringList,
  writeString,
  writeStringList,
} from "./structured_fields.ts";

const AVAILABLE = "wt-available-protocols";
const CHOSEN = "wt-protocol";
// Later drafts renamed the upgrade token.
const UPGRADE_TOKENS: readonly string[] = ["webtransport", "webtransport-h3"];

/** A client's request. */
export interface ConnectRequest {
  /** `https`, authority, path and query. */
  readonly url: URL;
  /** Everything but the pseudo-headers. */
  readonly headers: Headers;
  /** Subprotocols offered, in order of preference. */
  readonly offered: readonly string[];
}

/** The header of a request to `url`. */
export function writeRequest(
  url: URL,
  { protocols, headers }: {
    readonly protocols: readonly string[];
    readonly headers?: Headers | undefined;
  },
): Field[] {
  const fields: Field[] = [
    [":method", "CONNECT"],
    [":scheme", "https"],
    [":authority", url.host],
    [":path", url.pathname + url.search],
    [":protocol", "webtransport"],
    ["sec-webtransport-http3-draft02", "1"],
  ];
  if (protocols.length > 0) {
    fields.push([AVAILABLE, writeStringList(protocols)]);
  }
  return [...fields, ...(headers ?? [])];
}

/** The request in a header, or the status to refuse it with. */
export function readRequest(
  fields: readonly Field[],
): ConnectRequest | { readonly status: 400 | 404 | 501 } {
  const message = readMessage(fields);
  if (!message) return { status: 400 };
  const { pseudo, headers } = message;
  if (pseudo.get(":method") !== "CONNECT") return { status: 404 };
  if (!UPGRADE_TOKENS.includes(pseudo.get(":protocol") ?? "")) {
    return { status: 501 };
  }
  const path = pseudo.get(":path") ?? "";
  const authority = pseudo.get(":authority") ?? "";
  if (pseudo.get(":scheme") !== "https" || !path.startsWith("/")) {
    return { status: 400 };
  }
  const url = URL.parse(`https://${authority}${path}`);
  // An authority with a slash or a user would change the meaning of the rest of the URL.
  if (!url || !/^[^/?#@\\]+$/.test(authority)) return { status: 400 };
  const offered = readStringList(headers.get(AVAILABLE) ?? "");
  return { url, headers, offered };
}

/** The header of an answer; with `protocol` if one was selected. */
export function writeResponse(status: number, protocol?: string): Field[] {
  const fields: Field[] = [
    [":status", String(status)],
    ["sec-webtransport-http3-draft", "draft02"],
  ];
  if (protocol !== undefined) fields.push([CHOSEN, writeString(protocol)]);
  return fields;
}

/** A server's answer. */
export interface ConnectResponse {
  /** 100 to 599. */
  readonly status: number;
  /** The subprotocol chosen. */
  readonly protocol: string | undefined;
}

/** The answer in a header; throws `MoqError("decode")` if it has no valid status. */
export function readResponse(fields: readonly Field[]): ConnectResponse {
  const message = readMessage(fields);
  const status = message?.pseudo.get(":status") ?? "";
  if (!message || !/^[1-5]\d\d$/.test(status)) {
    throw new MoqError("decode", `Server answered with status "${status}"`);
  }
  const protocol = readString(message.headers.get(CHOSEN) ?? "");
  return { status: Number(status), protocol };
}

/** Pseudo-headers separate from the others; `undefined` for a malformed message, RFC 9114 section 4.1.2. */
function readMessage(fields: readonly Field[]) {
  const pseudo = new Map<string, string>();
  const headers = new Headers();
  let isPseudo = true;
  for (const [name, value] of fields) {
    if (name !== name.toLowerCase()) return undefined;
    if (!name.startsWith(":")) {
      isPseudo = false;
      if (!append(headers, [name, value])) return undefined;
      continue;
    }
    if (!isPseudo || pseudo.has(name)) return undefined;
    pseudo.set(name, value);
  }
  return { pseudo, headers };
}

function append(headers: Headers, [name, value]: Field): boolean {
  try {
    headers.append(name, value);
    return true;
  } catch {
    return false; // It has characters that headers may not have.
  }
}
