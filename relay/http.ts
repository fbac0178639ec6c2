/**
 * The relay's plain HTTP: health, the certificate's fingerprint, announced
 * broadcasts, groups of tracks, and pages for operators.
 *
 * @module
 */
import {
  type Clock,
  type GroupConsumer,
  type Logger,
  MoqError,
  type Origin,
  type OriginScope,
  type TrackConsumer,
} from "@moq-deno/lite";
import {
  deadline,
  linked,
  type LinkedController,
  onAbort,
  printablePath,
  SLICE_STEPS,
} from "@moq-deno/lite/internal";
import type { Cluster } from "./cluster/cluster.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { METRICS_TYPE } from "./metrics/text.ts";
import type { Gate, Refusal } from "./limits.ts";
import type { Peers } from "./cluster/peers.ts";
import { NO_SESSIONS, type SessionList } from "./sessions.ts";
import {
  type Authorizer,
  isLocalUrl,
  patternFilter,
  requestPath,
  requestToken,
} from "./auth/auth.ts";

/** What {@linkcode handle} answers from. */
export interface HttpOptions {
  /** All broadcasts. */
  readonly origin: Origin;
  /** The sessions with other relays. Default none. */
  readonly peers?: Peers | undefined;
  /** The links to dialled relays. Default none. */
  readonly links?: Pick<Cluster, "report"> | undefined;
  /** The sessions being served. Default none. */
  readonly sessions?: SessionList | undefined;
  /** Whether the relay accepts no more peers, read for every request. Default false. */
  readonly isDraining?: boolean | undefined;
  /** Logs what operators do. Default: nothing is. */
  readonly log?: Logger | undefined;
  /** The source of `/metrics`. Default: 404. */
  readonly metrics?: Pick<Metrics, "text" | "countRequest"> | undefined;
  /** Decides who may see broadcasts. */
  readonly authorizer: Authorizer;
  /** The fingerprint of the certificate in use, read for each request; `undefined` without a QUIC port. */
  readonly fingerprint: string | undefined;
  /** Whether to refuse pages from other machines. */
  readonly localPagesOnly: boolean;
  /** The sites whose pages may read answers. Default all. */
  readonly origins?: readonly string[] | undefined;
  /** The client's address, `host:port`. */
  readonly remote?: string | undefined;
  /** Limits concurrent requests, except for health and certificate. Default: no limit. */
  readonly gate?: Gate | undefined;
  /** How long a fetch waits for a group to begin, in milliseconds. Default 5 s. */
  readonly fetchTimeoutMs?: number | undefined;
  /** Clock for timeouts. */
  readonly clock: Clock;
}

/** Default of {@linkcode HttpOptions.fetchTimeoutMs}. */
export const FETCH_TIMEOUT_MS = 5_000;

interface Ask {
  readonly request: Request;
  readonly url: URL;
  /** The path after the route's own, percent-decoded. */
  readonly rest: string;
  readonly options: HttpOptions;
  /** Leaves the gate. Called automatically, except by routes that stream. */
  readonly leave: () => void;
}

interface Route {
  /** The whole path, or its start. */
  readonly path: string;
  /** Whether more segments may follow. */
  readonly open: boolean;
  /** Whether it is cheap and never waits, so that the gate does not apply. */
  readonly free?: boolean | undefined;
  /** Whether it calls `leave` itself, unless it throws. */
  readonly streams?: boolean | undefined;
  readonly get?: Handler;
  readonly delete?: Handler;
}

type Handler = (ask: Ask) => Promise<Response> | Response;

const ROUTES: readonly Route[] = [
  { path: "/health", open: false, free: true, get: health },
  { path: "/certificate.sha256", open: false, free: true, get: certificate },
  { path: "/announced", open: true, get: announced },
  { path: "/fetch", open: true, streams: true, get: fetchGroup },
  { path: "/nodes", open: false, get: nodes },
  { path: "/sessions", open: false, get: sessions },
  { path: "/sessions", open: true, delete: endSession },
  { path: "/metrics", open: false, get: metrics },
];

/** Answers a request that is not for a WebSocket. Every request gets an answer; only a bug rejects. */
export async function handle(
  request: Request,
  options: HttpOptions,
): Promise<Response> {
  const url = new URL(request.url);
  const route = ROUTES.find(({ path, open }) =>
    url.pathname === path || (open && url.pathname.startsWith(`${path}/`))
  );
  const response = await answer(request, { url, route, options });
  options.metrics?.countRequest(route?.path ?? "none", response.status);
  const origin = request.headers.get("origin");
  if (!options.localPagesOnly && !options.origins) {
    response.headers.set("access-control-allow-origin", "*");
  } else if (origin !== null && mayRead(origin, options)) {
    response.headers.set("access-control-allow-origin", origin);
    response.headers.set("vary", "origin");
  }
  return response;
}

function mayRead(origin: string, options: HttpOptions): boolean {
  return options.origins?.includes(origin) ?? isLocalUrl(origin);
}

/** The HTTP status for `error`. */
export function statusOf({ code }: MoqError): number {
  switch (code) {
    case "unauthorized":
      return 401;
    case "not-found":
    case "unroutable":
      return 404;
    case "decode":
      return 400;
    case "timeout":
      return 504;
    case "lagged":
    case "going-away":
      return 503;
    default:
      return 502;
  }
}

async function answer(
  request: Request,
  { url, route, options }: Pick<Ask, "url" | "options"> & {
    readonly route: Route | undefined;
  },
): Promise<Response> {
  // A site whose name resolves to this machine is still a foreign site.
  if (options.localPagesOnly && !isLocalUrl(url.href)) {
    return text(
      403,
      `Only names of this machine are served, not ${url.hostname}`,
    );
  }
  if (!route) return text(404, "Nothing here: this is a MoQ relay");
  if (request.method === "OPTIONS") {
    return new Response(null, {
      status: 204,
      headers: { "access-control-allow-methods": methodOf(route) },
    });
  }
  const run = request.method === "DELETE" ? route.delete : route.get;
  if (!run || !METHODS.includes(request.method)) {
    return text(405, `Expected ${methodOf(route)}, got ${request.method}`);
  }
  const { gate, remote = "" } = options;
  const leave = route.free || !gate ? () => {} : gate.enter(remote);
  if (typeof leave === "string") return crowded(leave);
  let isAnswered = false;
  try {
    const rest = decodePath(url.pathname.slice(route.path.length));
    const response = await run({ request, url, rest, options, leave });
    if (request.method === "HEAD") return await withoutBody(response);
    isAnswered = response.ok && route.streams === true;
    return response;
  } catch (error) {
    if (!(error instanceof MoqError)) throw error;
    return text(statusOf(error), error.message);
  } finally {
    if (!isAnswered) leave();
  }
}

const METHODS: readonly string[] = ["GET", "HEAD", "DELETE"];

function methodOf(route: Route): string {
  return route.get ? "GET" : "DELETE";
}

async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, response);
}

/** The answer to a request that a gate refused. */
export function crowded(refusal: Refusal): Response {
  const [status, message] = refusal === "address"
    ? [429, "Too many requests at once from this address"]
    : [503, "Too many requests at once"];
  const headers = { "retry-after": "5" };
  return new Response(`${message}\n`, { status, headers });
}

function health({ options }: Ask): Response {
  return options.isDraining
    ? text(503, "draining: the relay takes no more sessions and is stopping")
    : new Response("ok\n");
}

function text(status: number, message: string): Response {
  return new Response(`${message}\n`, { status });
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw new MoqError(
      "decode",
      `Expected a percent-encoded path, got ${path}`,
      { cause },
    );
  }
}

function certificate({ options: { fingerprint } }: Ask): Response {
  return fingerprint === undefined
    ? text(404, "This relay has no QUIC port: connect over WebSocket")
    : new Response(fingerprint);
}

interface OpenScope {
  readonly scope: OriginScope;
  /** What the client may publish, as patterns relative to the path. */
  readonly publish: readonly string[];
  /** Releases the grant. */
  readonly close: () => void;
}

/** What the client may subscribe to, relative to `path`; the caller closes it. */
async function openScope(
  { request, url, options }: Ask,
  path: string,
): Promise<OpenScope> {
  const started = options.clock.now();
  const { root, publish, subscribe, mounts, lease } = await options.authorizer
    .grant({
      transport: "http",
      path,
      query: queryOf(request, url),
      remote: options.remote,
      serverName: url.hostname,
      origin: request.headers.get("origin") ?? undefined,
    });
  const close = (): void => {
    const durationMs = options.clock.now() - started;
    lease?.release({ reason: "done", durationMs });
  };
  if (subscribe.length === 0) {
    close();
    throw new MoqError(
      "unauthorized",
      `No permission to subscribe to "${path}"`,
    );
  }
  const filter = patternFilter(subscribe);
  const scope = options.origin.scope({ root, mounts, filter });
  return { scope, publish, close };
}

async function announced(ask: Ask): Promise<Response> {
  const { scope, close } = await openScope(ask, ask.rest);
  const listing = scope.announced();
  const { turns } = scope.origin;
  const lines: Set<string> = new Set();
  try {
    // Changes that arrive meanwhile could keep the loop busy forever.
    while (listing.pending > 0 && !listing.isListed) {
      await turns.take(SLICE_STEPS, ask);
      for (const { kind, path } of listing.take(SLICE_STEPS)) {
        const line = `${printablePath(path)}\n`;
        if (kind === "end") lines.delete(line);
        else lines.add(line);
      }
    }
  } finally {
    listing.close();
    close();
  }
  return new Response([...lines].sort().join(""));
}

/** The query, with the token of an `Authorization` header as `jwt`. */
function queryOf(request: Request, url: URL): string {
  const query = url.search.slice(1);
  const header = request.headers.get("authorization") ?? "";
  const [, token] = /^Bearer +(\S+)$/i.exec(header) ?? [];
  if (token === undefined || requestToken(query) !== undefined) return query;
  return `${query}&jwt=${encodeURIComponent(token)}`;
}

/**
 * Admits operators: holders of a token for everything, and, where everything is
 * public, programs on this machine. Pages about the relay itself are not for
 * everyone, even where all broadcasts are public.
 */
async function checkOperator(
  ask: Ask,
  { mayChange = false }: { readonly mayChange?: boolean } = {},
): Promise<void> {
  const { scope, publish, close } = await openScope(ask, "");
  close();
  if (!scope.filter.allows("any/path")) {
    throw new MoqError(
      "unauthorized",
      "Only a token for every path may see this",
    );
  }
  // A token that reads metrics must not be able to end sessions.
  if (mayChange && !patternFilter(publish).allows("any/path")) {
    throw new MoqError(
      "unauthorized",
      "Only a token that may publish and subscribe to every path may do this",
    );
  }
  const { request, url } = ask;
  if (requestToken(queryOf(request, url)) !== undefined) return;
  if (isFromHere(ask)) return;
  throw new MoqError(
    "unauthorized",
    "Only a token, or a program on the relay's machine, may see this",
  );
}

/** Headers of requests on behalf of others: from pages, or through proxies. */
const ON_BEHALF = ["origin", "forwarded", "via", "x-forwarded-for"];

/** Whether a program on this machine asks on its own behalf. */
function isFromHere({ request, url, options: { remote } }: Ask): boolean {
  const isLocal = isLocalUrl(url.href) && isLocalUrl(`http://${remote}`);
  return isLocal && !ON_BEHALF.some((name) => request.headers.has(name));
}

async function metrics(ask: Ask): Promise<Response> {
  await checkOperator(ask);
  const { metrics } = ask.options;
  if (!metrics) return text(404, "Nothing is counted here");
  return new Response(metrics.text(), {
    headers: { "content-type": METRICS_TYPE },
  });
}

async function nodes(ask: Ask): Promise<Response> {
  await checkOperator(ask);
  const { origin, links, peers = [] } = ask.options;
  return Response.json({
    hop: origin.hop.toString(),
    links: links?.report() ?? [],
    peers: [...peers].map(({ hop, isDialled, session }) => ({
      hop: hop?.toString(),
      dialled: isDialled,
      protocol: session.transport.protocol,
      sent_bytes: session.stats.sentBytes,
      subscriptions: session.stats.subscriptions,
    })),
  });
}

async function sessions(ask: Ask): Promise<Response> {
  await checkOperator(ask);
  const { sessions: list, origin } = ask.options;
  return new Response(await list?.json(origin.turns) ?? NO_SESSIONS, {
    headers: { "content-type": "application/json" },
  });
}

async function endSession(ask: Ask): Promise<Response> {
  await checkOperator(ask, { mayChange: true });
  const { sessions: list, remote, log } = ask.options;
  const [, digits] = /^\/(\d{1,15})$/.exec(ask.rest) ?? [];
  if (digits === undefined) {
    return text(400, "Expected /sessions/<id>, an id that /sessions lists");
  }
  const ended = list?.end(
    Number(digits),
    new MoqError("unauthorized", "An operator has ended the session"),
  );
  if (!ended) return text(404, `No session ${digits}: see /sessions`);
  const who = { session: Number(digits), ...ended, operator: remote };
  log?.info?.("session ended by an operator", who);
  return text(200, `Session ${digits} has ended`);
}

const GROUP = /^(latest|\d{1,16})$/;

async function fetchGroup(ask: Ask): Promise<Response> {
  const path = requestPath(ask.rest);
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const wanted = ask.url.searchParams.get("group") ?? "latest";
  const isGroup = GROUP.test(wanted) &&
    (wanted === "latest" || Number.isSafeInteger(Number(wanted)));
  if (slash < 0 || !isGroup) {
    return text(
      400,
      "Expected /fetch/<broadcast>/<track>?group=<number or latest>",
    );
  }
  const { scope, close } = await openScope(ask, path.slice(0, slash));
  try {
    return await groupOf(scope.consume("").track(name), { ask, wanted });
  } finally {
    close();
  }
}

async function groupOf(
  track: TrackConsumer,
  { ask, wanted }: { readonly ask: Ask; readonly wanted: string },
): Promise<Response> {
  const { clock, fetchTimeoutMs = FETCH_TIMEOUT_MS } = ask.options;
  const limit = deadline(clock, fetchTimeoutMs);
  // Aborts when the group is not read any more. A client that leaves before the group begins is noticed when it begins or
  // at the timeout: the request's own signal would tell at once, but the runtime prints a warning when it is used.
  const over = linked(limit.signal);
  onAbort(over.signal, ask.leave);
  try {
    const group = wanted === "latest"
      ? await latestGroup(track, over.signal)
      : await track.fetch(Number(wanted), { signal: over.signal });
    return new Response(payloads(group, over), {
      headers: { "content-type": "application/octet-stream" },
    });
  } catch (error) {
    over.abort(error);
    if (!limit.signal.aborted) throw error;
    throw new MoqError(
      "timeout",
      `No group ${wanted} of ${track.name} within ${fetchTimeoutMs} ms: the track has none yet, or its publisher does not answer`,
      { cause: error },
    );
  } finally {
    limit.clear();
  }
}

async function latestGroup(
  track: TrackConsumer,
  signal: AbortSignal,
): Promise<GroupConsumer> {
  const groups = track.subscribe({ from: "latest", signal });
  try {
    const group = await groups.next();
    if (group) return group;
    throw new MoqError(
      "not-found",
      `${track.name} has no groups`,
    );
  } finally {
    groups.close();
  }
}

/** The payloads of a group in order, as they arrive. If the group is cut, so is the body. Aborts `over` at the end. */
function payloads(
  group: GroupConsumer,
  over: LinkedController,
): ReadableStream<Uint8Array> {
  const pieces = group.payloads(over.signal);
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        // A copy: a view would keep a whole group in memory for a client that does not read.
        if (!done) return controller.enqueue(value.slice());
        controller.close();
        over.abort();
      } catch (error) {
        over.abort();
        throw error;
      }
    },
    cancel: (reason) => over.abort(reason),
  });
}
