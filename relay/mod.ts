/**
 * A Media over QUIC relay, to run or to embed in a program.
 *
 * @module
 */
export {
  type Authorizer,
  covers,
  type Grant,
  type GrantEnd,
  type IncomingPeer,
  type Lease,
  OriginAuth,
  patternFilter,
  type Peer,
  type PeerTransport,
  PublicAuth,
  type PublicAuthOptions,
  requestPath,
  requestToken,
} from "./auth/auth.ts";
export {
  Cluster,
  type ClusterOptions,
  type DialledPeer,
  type LinkReport,
  type PeerDialer,
} from "./cluster/cluster.ts";
export { type ClusterPeer, parsePeer } from "./cluster/peer.ts";
export { handle, type HttpOptions, statusOf } from "./http.ts";
export { Gate, type GateOptions, type Refusal } from "./limits.ts";
export {
  type HandshakeCounts,
  Metrics,
  type MetricsOptions,
  type ProcessUsage,
  type Surroundings,
} from "./metrics/metrics.ts";
export { type PeerRelay, Peers } from "./cluster/peers.ts";
export {
  type NumberedSession,
  type SessionFacts,
  SessionList,
} from "./sessions.ts";
export { Relay, type RelayLimits, type RelayOptions } from "./relay.ts";
export {
  type Counter,
  type KindTotals,
  RelayStats,
  type SessionKind,
  type Totals,
} from "./metrics/stats.ts";
