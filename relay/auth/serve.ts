/**
 * `moq-relay auth serve`: the server that other relays' `--auth-url` asks.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { asMoqError, SILENT } from "@moq-deno/lite/internal";
import { isJsonObject, type JsonObject, parseObject } from "../token/json.ts";
import { TokenError } from "../token/mod.ts";
import type { Policy, Question, SetupToken } from "./policy.ts";

/** Options of {@linkcode serveAuth}. */
interface ServeAuthOptions {
  /** Address to listen on. */
  readonly hostname: string;
  /** Port to listen on; 0 for any. */
  readonly port: number;
  /** Logs refusals. Default: none. */
  readonly log?: Logger | undefined;
}

const MAX_QUESTION_BYTES = 65_536;

/** A running auth server. */
export interface RunningAuthServer {
  /** The URL for relays. */
  readonly url: string;
  /** Stops the server and closes all connections. */
  close(): Promise<void>;
}

/** Starts a server that answers relays with `policy`; throws when the port cannot be bound. */
export function serveAuth(
  policy: Policy,
  { hostname, port, log = SILENT }: ServeAuthOptions,
): RunningAuthServer {
  const stopped = new AbortController();
  const server = Deno.serve({
    hostname,
    port,
    signal: stopped.signal,
    onListen: () => {}, // the caller prints the address
    onError(error) {
      log.error?.("question failed", { error });
      return text(500, "Internal error");
    },
  }, (request) => answer(request, { policy, log }));
  const { hostname: host, port: bound } = server.addr;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}/`,
    async close() {
      stopped.abort();
      await server.finished;
    },
  };
}

function text(status: number, message: string): Response {
  return new Response(`${message}\n`, { status });
}

interface Answering {
  readonly policy: Policy;
  readonly log: Logger;
}

async function answer(
  request: Request,
  { policy, log }: Answering,
): Promise<Response> {
  if (request.method !== "POST") {
    return text(405, `Expected POST, got ${request.method}`);
  }
  const body = await readBody(request);
  if (body === undefined) {
    return text(413, `The question is longer than ${MAX_QUESTION_BYTES} bytes`);
  }
  let question: Question;
  try {
    question = parseQuestion(body);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    return text(400, error.message);
  }
  try {
    const grant = await policy.answer(question);
    return grant ? Response.json(grant) : new Response(null, { status: 204 });
  } catch (cause) {
    const { code, message } = asMoqError(cause);
    const { id, path } = question;
    log.info?.("session refused", { id, path, code, reason: message });
    return text(code === "unauthorized" ? 403 : 503, message);
  }
}

async function readBody(request: Request): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let body = "";
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_QUESTION_BYTES) return undefined;
    body += decoder.decode(chunk, { stream: true });
  }
  return body + decoder.decode();
}

function malformed(message: string): TokenError {
  return new TokenError("malformed", message);
}

/** Reads a question. Throws `TokenError("malformed")`. */
function parseQuestion(body: string): Question {
  const json = parseObject(body, { what: "question", code: "malformed" });
  const { event } = json;
  if (event !== "connect" && event !== "revalidate" && event !== "end") {
    throw malformed(
      'Expected "event" to be connect, revalidate or end, got another one',
    );
  }
  return {
    id: textOf(json, "id"),
    event,
    path: textOf(json, "path"),
    query: "query" in json ? textOf(json, "query") : "",
    address: "remote" in json ? addressOf(textOf(json, "remote")) : undefined,
    token: tokenOf(json["token"]),
    certificate: certificateOf(json["tls"]),
  };
}

function textOf(json: JsonObject, name: string): string {
  const value = json[name];
  if (typeof value === "string") return value;
  throw malformed(`Expected "${name}" to be a string`);
}

const MAPPED = /^\[::ffff:(\d+\.\d+\.\d+\.\d+)\]$/i;

/** The address without port; IPv4-mapped IPv6 becomes IPv4. */
function addressOf(remote: string): string {
  const host = remote.slice(0, remote.lastIndexOf(":"));
  return MAPPED.exec(host)?.[1] ?? host;
}

function tokenOf(token: unknown): SetupToken | undefined {
  if (token === undefined) return undefined;
  const { kind, value } = isJsonObject(token) ? token : {};
  if (typeof kind !== "number" || typeof value !== "string") {
    throw malformed('Expected "token" with a kind and a value');
  }
  try {
    const bytes = Uint8Array.fromBase64(value, { alphabet: "base64url" });
    return { kind, text: new TextDecoder().decode(bytes) };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformed('Expected base64url in the "token"');
  }
}

function certificateOf(tls: unknown): Question["certificate"] {
  if (tls === undefined) return undefined;
  if (!isJsonObject(tls)) throw malformed('Expected "tls" to be an object');
  const { expires } = tls;
  return { expires: typeof expires === "number" ? expires : undefined };
}
