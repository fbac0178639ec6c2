/**
 * What a transport is, and those that need no runtime: for programs that bring
 * a transport of their own.
 *
 * @module
 */
export * from "./transport.ts";
export * from "./message_port.ts";
export type { QmuxTuning } from "./qmux.ts";
export type { QmuxParameters } from "./qmux_parameters.ts";
export type { QmuxRole, QmuxWire } from "./qmux_wire.ts";
export * from "./websocket.ts";
export * from "./websocket_protocol.ts";
export * from "./webtransport.ts";
export type * from "./webtransport_like.ts";
