/**
 * How the two ends of a WebSocket agree on a wire form and an application
 * protocol: one subprotocol names both, `qmux-01.moq-lite-05`.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { hasFlowControl, QMUX_WIRES, type QmuxWire } from "./qmux/wire.ts";

/** What a subprotocol stands for. */
export interface WebSocketProtocol {
  /** How streams are framed. */
  readonly wire: QmuxWire;
  /** The application protocol; `undefined` where that is agreed on in band. */
  readonly protocol: string | undefined;
}

/** The subprotocols for `alpns`, best first: what a client offers and a server looks for. */
export function webSocketProtocols(alpns: readonly string[]): string[] {
  const prefixes = QMUX_WIRES.filter(hasFlowControl);
  const pairs = alpns.flatMap((alpn) =>
    prefixes.map((prefix) => `${prefix}.${alpn}`)
  );
  return [...pairs, ...QMUX_WIRES];
}

/**
 * The subprotocol a server picks from `offered`, in its own order of
 * preference; `undefined` when none fits. A client that offers nothing speaks
 * the `webtransport` form: upgrade it without a subprotocol; one whose whole
 * offer is unknown is to be refused.
 */
export function selectWebSocketProtocol(
  offered: readonly string[],
  alpns: readonly string[],
): string | undefined {
  return webSocketProtocols(alpns).find((name) => offered.includes(name));
}

/** What the agreed `subprotocol` stands for, `""` being none; throws `MoqError("version")` for an unknown one. */
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
