/**
 * Negotiates the wire form and the application protocol of a WebSocket: one
 * subprotocol names both, as in `qmux-01.moq-lite-05`.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { hasFlowControl, QMUX_WIRES, type QmuxWire } from "./qmux/wire.ts";

/** The meaning of a subprotocol. */
export interface WebSocketProtocol {
  /** How streams are framed. */
  readonly wire: QmuxWire;
  /** The application protocol; `undefined` if it is negotiated in band. */
  readonly protocol: string | undefined;
}

/** The subprotocols for `alpns` in order of preference, for clients and servers. */
export function webSocketProtocols(alpns: readonly string[]): string[] {
  const prefixes = QMUX_WIRES.filter(hasFlowControl);
  const pairs = alpns.flatMap((alpn) =>
    prefixes.map((prefix) => `${prefix}.${alpn}`)
  );
  return [...pairs, ...QMUX_WIRES];
}

/**
 * The subprotocol that a server selects from `offered`, in its own order of
 * preference; `undefined` if none is known. A client that offers nothing uses the
 * `webtransport` form: upgrade it without a subprotocol. Refuse a client whose
 * whole offer is unknown.
 */
export function selectWebSocketProtocol(
  offered: readonly string[],
  alpns: readonly string[],
): string | undefined {
  return webSocketProtocols(alpns).find((name) => offered.includes(name));
}

/** The meaning of the negotiated `subprotocol`, `""` for none; throws `MoqError("version")` for an unknown one. */
export function parseWebSocketProtocol(subprotocol: string): WebSocketProtocol {
  if (subprotocol === "") return { wire: "webtransport", protocol: undefined };
  const dot = subprotocol.indexOf(".");
  const name = dot < 0 ? subprotocol : subprotocol.slice(0, dot);
  const wire = QMUX_WIRES.find((known) => known === name);
  const protocol = dot < 0 ? undefined : subprotocol.slice(dot + 1);
  if (wire && (protocol === undefined || hasFlowControl(wire))) {
    return { wire, protocol };
  }
  throw new MoqError(
    "version",
    `Expected a subprotocol of qmux, got ${JSON.stringify(subprotocol)}`,
  );
}
