/**
 * Peers behind one name: every address that the name resolves to, looked up at
 * an interval; made for headless services of Kubernetes.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import type { ClusterPeer } from "./peer.ts";

/** One peer per address of the URL's host; throws the resolver's error. */
export async function addressesOf(
  peer: ClusterPeer,
): Promise<readonly ClusterPeer[]> {
  const hostname = peer.url.hostname.replace(/^\[|\]$/g, "");
  const found = await lookup(hostname, { all: true });
  const addresses = new Set(found.map(({ address }) => address));
  return [...addresses].sort().map((address) => ({ ...peer, address }));
}
