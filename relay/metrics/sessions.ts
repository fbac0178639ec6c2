/**
 * Metrics that are sums over sessions.
 *
 * @module
 */
import type { ErrorCode } from "@moq-deno/lite";
import type { Counter, KindTotals, RelayStats, Totals } from "./stats.ts";
import type { Family, Sample } from "./text.ts";

/** How many sessions there are and were, and why they ended. */
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
      help: "Sessions whose path carries less than it is given.",
      samples: perKind(kinds, "congested"),
    },
    {
      name: "moq_relay_unconfirmed_bytes",
      type: "gauge",
      help: "Bytes on their way that nobody has confirmed.",
      samples: perKind(kinds, "unconfirmedBytes"),
    },
    {
      name: "moq_relay_subscriptions",
      type: "gauge",
      help: "Subscriptions that the other ends hold here.",
      samples: perKind(kinds, "subscriptions"),
    },
    {
      name: "moq_relay_sessions_total",
      type: "counter",
      help: "Sessions that were let in.",
      samples: perKind(kinds, "opened"),
    },
    {
      name: "moq_relay_sessions_ended_total",
      type: "counter",
      help: "Sessions that have ended; closed is in an orderly way.",
      samples: perReason(ended, ["closed", "transport", "timeout", "protocol"]),
    },
    {
      name: "moq_relay_sessions_refused_total",
      type: "counter",
      help: "Peers that were not let in.",
      samples: perReason(refused, ["unauthorized", "going-away", "timeout"]),
    },
  ];
}

/** What is summed over sessions in both directions. */
const FLOWS: readonly {
  readonly name: string;
  readonly help: string;
  readonly sent: Counter;
  readonly received: Counter;
}[] = [
  {
    name: "moq_relay_bytes_total",
    help: "Bytes of groups, without what the transport adds.",
    sent: "sentBytes",
    received: "receivedBytes",
  },
  {
    name: "moq_relay_groups_total",
    help: "Groups begun on streams of their own.",
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
    help: "Groups of one frame that went as datagrams.",
    sent: "sentDatagrams",
    received: "receivedDatagrams",
  },
];

/** What went through them. */
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
      help: "Datagrams without room on the path, or of no use on arrival.",
      samples: perKind(kinds, "droppedDatagrams"),
    },
    {
      name: "moq_relay_groups_cut_total",
      type: "counter",
      help: "Groups that did not come to their end.",
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
): readonly Sample[] {
  return kinds.map((kind) => {
    const { transport, isPeer } = kind;
    const peer = isPeer ? "relay" : "client";
    return { value: kind[value], labels: { transport, peer } };
  });
}

/** A sample for each reason there was, and for the `usual` ones in any case: a series that begins at 1 has no rate. */
function perReason(
  counts: ReadonlyMap<ErrorCode, number>,
  usual: readonly ErrorCode[],
): readonly Sample[] {
  return [...new Set([...usual, ...counts.keys()])].map((reason) => ({
    value: counts.get(reason) ?? 0,
    labels: { reason },
  }));
}

function directed(
  direction: "sent" | "received",
  samples: readonly Sample[],
): readonly Sample[] {
  return samples.map(({ value, labels }) => ({
    value,
    labels: { direction, ...labels },
  }));
}
