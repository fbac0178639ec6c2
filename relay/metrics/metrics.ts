/**
 * What the relay counts, as Prometheus reads it. Everything is summed when it
 * is asked for. No label holds what a peer or a publisher chose, so there are
 * never more series than this file can name.
 *
 * @module
 */
import type { Origin } from "@moq-deno/lite";
import type { Cluster, LinkReport } from "../cluster/cluster.ts";
import type { Peers } from "../cluster/peers.ts";
import type { RelayStats } from "./stats.ts";
import { flowFamilies, sessionFamilies } from "./sessions.ts";
import { type Family, textOf } from "./text.ts";

/** QUIC handshakes of a relay's ports. */
export interface HandshakeCounts {
  /** Under way now. */
  readonly underway: number;
  /** Complete so far. */
  readonly complete: number;
  /** Failed so far, or given up. */
  readonly failed: number;
  /** Ignored so far, because too many others were held. */
  readonly ignored: number;
}

/** What the process has used. */
export interface ProcessUsage {
  /** Resident memory, in bytes. */
  readonly residentBytes: number;
  /** Live JavaScript objects, in bytes. */
  readonly heapBytes: number;
  /** User and system time so far, in seconds. */
  readonly cpuSeconds: number;
}

/** Tells what is around a relay. */
export interface Surroundings {
  /** Handshakes of all ports. */
  handshakes(): HandshakeCounts;
  /** What the process has used. */
  usage(): ProcessUsage;
}

/** What {@linkcode Metrics} are about. */
export interface MetricsOptions {
  /** The relay. */
  readonly relay: {
    /** Its broadcasts. */
    readonly origin: Origin;
    /** Its sessions with other relays. */
    readonly peers: Peers;
    /** Its counters. */
    readonly stats: RelayStats;
  };
  /** The relays that are dialled. Default none. */
  readonly links?: Pick<Cluster, "report" | "connects"> | undefined;
  /** The ports and the process. */
  readonly surroundings: Surroundings;
  /** The version of the program. */
  readonly version: string;
  /** When it began, in seconds since 1970. */
  readonly startSeconds: number;
}

/** The metrics of one relay. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #requests: Map<string, number> = new Map();

  /** Nothing is looked at yet. */
  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  /** Counts an answer to plain HTTP; `route` is the relay's own name for what was asked. */
  countRequest(route: string, status: number): void {
    const key = `${route} ${status}`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  /** All of them as they are now, in Prometheus' text format 0.0.4. */
  text(): string {
    const { relay, surroundings } = this.#options;
    const totals = relay.stats.totals();
    return textOf([
      ...this.#program(),
      ...sessionFamilies(relay.stats, totals),
      ...flowFamilies(totals),
      ...this.#origin(),
      ...this.#cluster(),
      ...this.#http(),
      ...handshakeFamilies(surroundings.handshakes()),
    ]);
  }

  #program(): readonly Family[] {
    const { version, startSeconds, surroundings } = this.#options;
    const { cpuSeconds, residentBytes, heapBytes } = surroundings.usage();
    return [
      {
        name: "moq_relay_build_info",
        type: "gauge",
        help: "1, with the version of the relay.",
        samples: [{ value: 1, labels: { version } }],
      },
      {
        name: "process_start_time_seconds",
        type: "gauge",
        help: "When the process began, in seconds since 1970.",
        samples: [{ value: startSeconds }],
      },
      {
        name: "process_cpu_seconds_total",
        type: "counter",
        help: "User and system time; one core does most of the work.",
        samples: [{ value: cpuSeconds }],
      },
      {
        name: "process_resident_memory_bytes",
        type: "gauge",
        help: "Resident memory.",
        samples: [{ value: residentBytes }],
      },
      {
        name: "moq_relay_heap_bytes",
        type: "gauge",
        help: "Live JavaScript objects, as of the last collection and since.",
        samples: [{ value: heapBytes }],
      },
    ];
  }

  #origin(): readonly Family[] {
    const { origin } = this.#options.relay;
    const { bytes, groups } = origin.cache;
    return [
      {
        name: "moq_relay_broadcasts",
        type: "gauge",
        help: "Broadcasts that are announced here.",
        samples: [{ value: [...origin.paths()].length }],
      },
      {
        name: "moq_relay_cache_bytes",
        type: "gauge",
        help: "Bytes of groups that are kept.",
        samples: [{ value: bytes }],
      },
      {
        name: "moq_relay_cache_groups",
        type: "gauge",
        help: "Groups that are kept.",
        samples: [{ value: groups }],
      },
    ];
  }

  #cluster(): readonly Family[] {
    const { relay, links } = this.#options;
    const states = links?.report().map(({ state }) => state) ?? [];
    return [
      {
        name: "moq_relay_cluster_links",
        type: "gauge",
        help: "Relays to dial, by how that goes.",
        samples: LINK_STATES.map((state) => ({
          value: states.filter((one) => one === state).length,
          labels: { state },
        })),
      },
      {
        name: "moq_relay_cluster_connects_total",
        type: "counter",
        help: "Links made, for the first time or again.",
        samples: [{ value: links?.connects ?? 0 }],
      },
      {
        name: "moq_relay_cluster_peers",
        type: "gauge",
        help: "Sessions with other relays, whoever dialled.",
        samples: [{ value: relay.peers.size }],
      },
    ];
  }

  #http(): readonly Family[] {
    const samples = [...this.#requests].map(([key, value]) => {
      const [route = "", status = ""] = key.split(" ");
      return { value, labels: { route, status } };
    });
    return [{
      name: "moq_relay_http_requests_total",
      type: "counter",
      help: "Answers to plain HTTP.",
      samples,
    }];
  }
}

const LINK_STATES: readonly LinkReport["state"][] = [
  "connected",
  "connecting",
  "waiting",
  "standby",
  "closed",
];

function handshakeFamilies(
  { underway, complete, failed, ignored }: HandshakeCounts,
): readonly Family[] {
  return [
    {
      name: "moq_relay_handshakes_underway",
      type: "gauge",
      help: "QUIC handshakes that are not complete yet.",
      samples: [{ value: underway }],
    },
    {
      name: "moq_relay_handshakes_total",
      type: "counter",
      help: "QUIC handshakes.",
      samples: [
        { value: complete, labels: { outcome: "complete" } },
        { value: failed, labels: { outcome: "failed" } },
        { value: ignored, labels: { outcome: "ignored" } },
      ],
    },
  ];
}
