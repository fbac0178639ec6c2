/**
 * The `Transport` interface, and the transports that need no runtime: for
 * programs with their own transports.
 *
 * @module
 */
export * from "./transport.ts";
export * from "./message_port.ts";
export type { QmuxTuning } from "./qmux/qmux.ts";
export type { QmuxParameters } from "./qmux/parameters.ts";
export type { QmuxRole, QmuxWire } from "./qmux/wire.ts";
export * from "./websocket.ts";
export * from "./websocket_protocol.ts";
export * from "./webtransport.ts";
export type * from "./webtransport_like.ts";
