/**
 * The cluster that the settings describe. The relays to dial come from the
 * settings, from a list that may change, and from DNS.
 *
 * @module
 */
import { type Clock, type Logger, sleep } from "@moq-deno/lite";
import { aborted, messageOf } from "@moq-deno/lite/internal";
import { changes, textSource } from "../auth/watched_text.ts";
import { Cluster } from "./cluster.ts";
import type { Config } from "../config/settings.ts";
import type { Relay } from "../relay.ts";
import { QuicPeerDialer, readRoots } from "./dial.ts";
import { addressesOf } from "./dns.ts";
import { type ClusterPeer, parsePeers, peerName } from "./peer.ts";
import { peersAtUrl } from "./peer_api.ts";

/** What a cluster needs in addition to its settings. */
interface RunClusterOptions {
  readonly relay: Relay;
  readonly clock: Clock;
  /** Logs changes of links and lists. */
  readonly log: Logger;
}

/** A cluster whose lists of peers are watched. */
export interface RunningCluster {
  readonly cluster: Cluster;
  /** Watches the lists until `signal` aborts, then closes the links; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** How often names are resolved, in milliseconds. */
const LOOKUP_MS = 5000;
const MAX_LIST_LENGTH = 1_000_000;

/** The cluster that `config` describes; throws `ConfigError` when a file cannot be read. */
export async function openCluster(
  config: Config,
  options: RunClusterOptions,
): Promise<RunningCluster> {
  const { relay, clock, log } = options;
  const dialer = new QuicPeerDialer({
    idleTimeoutMs: config["cluster.idle_timeout"],
    keepAliveMs: config["cluster.keep_alive"],
    token: config["cluster.token"],
    caCerts: await readRoots(config["cluster.tls.root"]),
  });
  const cluster = new Cluster(relay, { dialer, clock, log });
  return {
    cluster,
    async run(signal) {
      const watching = { ...options, cluster, signal };
      cluster.assign("connect", config["cluster.connect"]);
      await Promise.all([
        runList(config, watching),
        ...config["cluster.dns"].map((peer) => runName(peer, watching)),
        aborted(signal),
      ]);
      await cluster.close();
    },
  };
}

interface Watching extends RunClusterOptions {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}

async function runList(
  config: Config,
  { cluster, ...options }: Watching,
): Promise<void> {
  const place = config["cluster.connect_api"];
  if (place === undefined) return;
  const url = /^https?:/i.test(place) ? URL.parse(place) : null;
  const lists = url
    ? peersAtUrl(url, { ...options, node: config["cluster.node"] })
    : peersInFile(place, options);
  for await (const peers of lists) cluster.assign("connect_api", peers);
}

function peersInFile(
  file: string,
  { clock, log, signal }: Omit<Watching, "cluster">,
): AsyncIterable<readonly ClusterPeer[]> {
  const maxLength = MAX_LIST_LENGTH;
  const source = textSource(file, { pollMs: 0, maxLength, clock });
  return changes(source, { parse: parsePeers, first: "", clock, signal, log });
}

/** Resolves one name at an interval; after a failure the last addresses stay. */
async function runName(
  peer: ClusterPeer,
  { cluster, clock, log, signal }: Watching,
): Promise<void> {
  const source = `dns ${peer.url.href}`;
  let isFailing = false;
  while (!signal.aborted) {
    try {
      cluster.assign(source, await addressesOf(peer));
      isFailing = false;
    } catch (error) {
      const reason = messageOf(error);
      const name = peerName(peer);
      if (!isFailing) log.error?.("name not found", { name, reason });
      isFailing = true;
    }
    await sleep(clock, LOOKUP_MS, signal).catch(() => {
      // Aborted: the loop's condition ends the loop.
    });
  }
}
