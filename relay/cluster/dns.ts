/**
 * Peers behind one name: every address that it has, looked up again and again,
 * as of a Kubernetes headless service.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import type { ClusterPeer } from "./peer.ts";

/** A peer for each address of the URL's host; throws what the resolver says. */
export async function addressesOf(
  peer: ClusterPeer,
): Promise<readonly ClusterPeer[]> {
  const hostname = peer.url.hostname.replace(/^\[|\]$/g, "");
  const found = await lookup(hostname, { all: true });
  const addresses = new Set(found.map(({ address }) => address));
  return [...addresses].sort().map((address) => ({ ...peer, address }));
}
