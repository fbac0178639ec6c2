/**
 * The relay's metrics in Prometheus' text format, summed when they are asked
 * for. No label holds a value that a peer chose, so the number of series is
 * bounded by this file.
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
  /** Handshakes under way. */
  readonly underway: number;
  /** Handshakes completed so far. */
  readonly complete: number;
  /** Handshakes that failed or timed out so far. */
  readonly failed: number;
  /** Handshakes ignored so far because too many were under way. */
  readonly ignored: number;
}

/** What the process uses. */
export interface ProcessUsage {
  /** Resident memory, in bytes. */
  readonly residentBytes: number;
  /** Live JavaScript objects, in bytes. */
  readonly heapBytes: number;
  /** User and system CPU time so far, in seconds. */
  readonly cpuSeconds: number;
}

/** The parts of a server outside of its relay. */
export interface Surroundings {
  /** Handshakes of all ports. */
  handshakes(): HandshakeCounts;
  /** What the process uses. */
  usage(): ProcessUsage;
}

/** Options of {@linkcode Metrics}. */
export interface MetricsOptions {
  /** The relay. */
  readonly relay: {
    /** All broadcasts. */
    readonly origin: Origin;
    /** Its sessions with other relays. */
    readonly peers: Peers;
    /** Its counters. */
    readonly stats: RelayStats;
  };
  /** The links to dialled relays. Default none. */
  readonly links?: Pick<Cluster, "report" | "connects"> | undefined;
  /** The ports and the process. */
  readonly surroundings: Surroundings;
  /** The version of the program. */
  readonly version: string;
  /** Start of the process, in seconds since 1970. */
  readonly startSeconds: number;
}

/** The metrics of one relay. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #requests: Map<string, number> = new Map();

  /** Metrics of one relay; nothing is read until {@linkcode Metrics.text}. */
  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  /** Counts a plain HTTP answer; `route` is one of the relay's own names for its routes. */
  countRequest(route: string, status: number): void {
    const key = `${route} ${status}`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  /** All metrics now, in Prometheus' text format 0.0.4. */
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
        help: "Always 1; the label has the relay's version.",
        samples: [{ value: 1, labels: { version } }],
      },
      {
        name: "process_start_time_seconds",
        type: "gauge",
        help: "Start of the process, in seconds since 1970.",
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
        help: "JavaScript heap in use.",
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
        help: "Broadcasts announced here.",
        samples: [{ value: [...origin.paths()].length }],
      },
      {
        name: "moq_relay_cache_bytes",
        type: "gauge",
        help: "Bytes of groups in the cache.",
        samples: [{ value: bytes }],
      },
      {
        name: "moq_relay_cache_groups",
        type: "gauge",
        help: "Groups in the cache.",
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
        help: "Relays to dial, by state of the link.",
        samples: LINK_STATES.map((state) => ({
          value: states.filter((one) => one === state).length,
          labels: { state },
        })),
      },
      {
        name: "moq_relay_cluster_connects_total",
        type: "counter",
        help: "Links connected, first time and again.",
        samples: [{ value: links?.connects ?? 0 }],
      },
      {
        name: "moq_relay_cluster_peers",
        type: "gauge",
        help: "Sessions with other relays, dialled from either side.",
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
