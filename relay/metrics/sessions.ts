/**
 * Metrics summed over sessions.
 *
 * @module
 */
import type { ErrorCode } from "@moq-deno/lite";
import type { Counter, KindTotals, RelayStats, Totals } from "./stats.ts";
import type { Family, MetricSample } from "./text.ts";

/** Sessions by state, and why they ended. */
export function sessionFamilies(
  { refused, ended }: RelayStats,
  { kinds }: Totals,
): readonly Family[] {
  return [
    {
      name: "moq_relay_sessions",
      type: "gauge",
      help: "Sessions now.",
      samples: perKind(kinds, "open"),
    },
    {
      name: "moq_relay_sessions_congested",
      type: "gauge",
      help: "Sessions whose path carries less than they are given to send.",
      samples: perKind(kinds, "congested"),
    },
    {
      name: "moq_relay_unconfirmed_bytes",
      type: "gauge",
      help: "Bytes sent and not yet acknowledged.",
      samples: perKind(kinds, "unconfirmedBytes"),
    },
    {
      name: "moq_relay_subscriptions",
      type: "gauge",
      help: "Current subscriptions of peers.",
      samples: perKind(kinds, "subscriptions"),
    },
    {
      name: "moq_relay_sessions_total",
      type: "counter",
      help: "Sessions admitted.",
      samples: perKind(kinds, "opened"),
    },
    {
      name: "moq_relay_sessions_ended_total",
      type: "counter",
      help: "Sessions that have ended; closed is an orderly end.",
      samples: perReason(ended, ["closed", "transport", "timeout", "protocol"]),
    },
    {
      name: "moq_relay_sessions_refused_total",
      type: "counter",
      help: "Peers refused.",
      samples: perReason(refused, ["unauthorized", "going-away", "timeout"]),
    },
  ];
}

/** Counters that sessions have for both directions. */
const FLOWS: readonly {
  readonly name: string;
  readonly help: string;
  readonly sent: Counter;
  readonly received: Counter;
}[] = [
  {
    name: "moq_relay_bytes_total",
    help: "Bytes of groups, without transport overhead.",
    sent: "sentBytes",
    received: "receivedBytes",
  },
  {
    name: "moq_relay_groups_total",
    help: "Groups begun on streams.",
    sent: "sentGroups",
    received: "receivedGroups",
  },
  {
    name: "moq_relay_frames_total",
    help: "Whole frames, counted when their group ends.",
    sent: "sentFrames",
    received: "receivedFrames",
  },
  {
    name: "moq_relay_datagrams_total",
    help: "Groups of one frame sent as datagrams.",
    sent: "sentDatagrams",
    received: "receivedDatagrams",
  },
];

/** Groups, frames and bytes that sessions carried. */
export function flowFamilies(
  { kinds, sentCuts, receivedCuts }: Totals,
): readonly Family[] {
  return [
    ...FLOWS.map(({ name, help, sent, received }): Family => ({
      name,
      type: "counter",
      help,
      samples: [
        ...directed("sent", perKind(kinds, sent)),
        ...directed("received", perKind(kinds, received)),
      ],
    })),
    {
      name: "moq_relay_datagrams_dropped_total",
      type: "counter",
      help: "Datagrams dropped: no room on the path, or useless on arrival.",
      samples: perKind(kinds, "droppedDatagrams"),
    },
    {
      name: "moq_relay_groups_cut_total",
      type: "counter",
      help: "Groups whose transfer ended early.",
      samples: [
        ...directed("sent", perReason(sentCuts, ["cancelled", "expired"])),
        ...directed("received", perReason(receivedCuts, ["cancelled"])),
      ],
    },
  ];
}

function perKind(
  kinds: readonly KindTotals[],
  value: Exclude<keyof KindTotals, "transport" | "isPeer">,
): readonly MetricSample[] {
  return kinds.map((kind) => {
    const { transport, isPeer } = kind;
    const peer = isPeer ? "relay" : "client";
    return { value: kind[value], labels: { transport, peer } };
  });
}

/** One sample per reason that occurred, and always for the `usual` ones: a series that first appears at 1 has no rate. */
function perReason(
  counts: ReadonlyMap<ErrorCode, number>,
  usual: readonly ErrorCode[],
): readonly MetricSample[] {
  return [...new Set([...usual, ...counts.keys()])].map((reason) => ({
    value: counts.get(reason) ?? 0,
    labels: { reason },
  }));
}

function directed(
  direction: "sent" | "received",
  samples: readonly MetricSample[],
): readonly MetricSample[] {
  return samples.map(({ value, labels }) => ({
    value,
    labels: { direction, ...labels },
  }));
}
