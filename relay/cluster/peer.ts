/**
 * A relay to dial, as in settings and lists: a URL, or an object with a URL, a
 * cost and a token.
 *
 * @module
 */

/** Another relay, and what is known about the link to it. */
export interface ClusterPeer {
  /** Where it is, with the token for it; never logged. */
  readonly url: URL;
  /** Cost of the link in both directions. Default 1. */
  readonly cost?: number | undefined;
  /** The IP address to dial, if the URL's host has several. */
  readonly address?: string | undefined;
}

const SCHEMES: readonly string[] = ["moqt:", "moql:", "https:", "http:"];
const MAX_COST = 1_000_000_000;
const MAX_PEERS = 1000;

/** Parses an entry; throws `RangeError`. In a URL `?cost=` is for us and `?jwt=` for the peer. */
export function parsePeer(entry: unknown): ClusterPeer {
  if (typeof entry === "string") return peerOfUrl(entry);
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    throw new RangeError("expected a URL or an object with one");
  }
  return peerOfObject(Object.entries(entry));
}

/** Parses a JSON list of entries; throws `RangeError` or `SyntaxError`. */
export function parsePeers(json: string): readonly ClusterPeer[] {
  const list: unknown = JSON.parse(json);
  if (!Array.isArray(list) || list.length > MAX_PEERS) {
    throw new RangeError(`Expected a JSON array of at most ${MAX_PEERS} peers`);
  }
  return list.map(parsePeer);
}

/** The peer's URL without secrets. */
export function peerName({ url, address }: ClusterPeer): string {
  const { protocol, host, pathname } = url;
  const path = pathname === "/" ? "" : pathname;
  const at = address === undefined ? "" : ` at ${address}`;
  return `${protocol}//${host}${path}${at}`;
}

function peerOfUrl(text: string): ClusterPeer {
  const url = urlOf(text);
  const cost = url.searchParams.get("cost");
  url.searchParams.delete("cost");
  return cost === null ? { url } : { url, cost: costOf(cost) };
}

function peerOfObject(entries: readonly [string, unknown][]): ClusterPeer {
  let url: URL | undefined;
  let cost: number | undefined;
  let token: string | undefined;
  for (const [key, value] of entries) {
    if (key === "url" && typeof value === "string") url = urlOf(value);
    else if (key === "cost") cost = costOf(value);
    else if (key === "token" && typeof value === "string") token = value;
    else throw new RangeError(`"${key}" is not a url, cost or token`);
  }
  if (!url) throw new RangeError('"url" is missing');
  if (url.search !== "") {
    throw new RangeError('cost and token belong beside "url", not in it');
  }
  return { url: token === undefined ? url : withToken(url, token), cost };
}

/** `url` with `token`, unless it has a token already. */
export function withToken(url: URL, token: string): URL {
  const there = new URL(url);
  if (!there.searchParams.get("jwt")) there.searchParams.set("jwt", token);
  return there;
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (!url || !SCHEMES.includes(url.protocol) || url.hostname === "") {
    throw new RangeError(
      "a peer's URL begins with moqt://, https:// or http://",
    );
  }
  return url;
}

function costOf(value: unknown): number {
  const cost = value === "" ? NaN : Number(value);
  if (Number.isInteger(cost) && cost >= 0 && cost <= MAX_COST) return cost;
  throw new RangeError(`cost is a whole number from 0 to ${MAX_COST}`);
}
