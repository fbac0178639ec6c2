/**
 * A connected pair of transports over a path with delay, bandwidth, a queue and
 * loss, on any clock: with a virtual one, hours of a bad network take
 * milliseconds, and runs with the same seed are identical.
 *
 * @module
 */
import type { Clock } from "../time.ts";
import { joinEnds, type PairOptions } from "./pair/end.ts";
import { PacketCarrier } from "./pair/packet_carrier.ts";
import type { Transport } from "./transport.ts";

/** Options of {@linkcode simulatedPair}, for both directions. */
export interface SimulatedPairOptions extends PairOptions {
  /** Timers, usually a `VirtualClock`. */
  readonly clock: Clock;
  /** Decides which packets are lost. Default 1. */
  readonly seed?: number | undefined;
  /** Propagation delay in milliseconds. Default 20. */
  readonly oneWayMs?: number | undefined;
  /** Rate of the bottleneck in bits per second. Default unlimited. */
  readonly bandwidthBps?: number | undefined;
  /** Share of packets lost at random, at least 0 and below 1. Default 0. */
  readonly loss?: number | undefined;
  /** Queue of the bottleneck in bytes. Default 64 KiB. */
  readonly queueBytes?: number | undefined;
  /** Send buffer of an end in bytes. Default 10 MB, as in Deno's QUIC. */
  readonly sendBufferBytes?: number | undefined;
}

// The window per stream of quinn, and so of Deno.
const WINDOW_BYTES = 1_250_000;

/** Two transports that are each other's peer across the simulated path. */
export function simulatedPair(
  options: SimulatedPairOptions,
): [Transport, Transport] {
  const { clock, seed = 1 } = options;
  const path = {
    clock,
    oneWayMs: options.oneWayMs ?? 20,
    bandwidthBps: options.bandwidthBps ?? Infinity,
    loss: options.loss ?? 0,
    queueBytes: options.queueBytes ?? 64 * 1024,
    sendBufferBytes: options.sendBufferBytes ?? 10_000_000,
  };
  if (!(path.loss >= 0 && path.loss < 1)) {
    throw new RangeError(`Expected a loss from 0 to below 1, got ${path.loss}`);
  }
  const there = new PacketCarrier({ ...path, seed: seed * 2 });
  const back = new PacketCarrier({ ...path, seed: seed * 2 + 1 });
  return joinEnds([there, back], { windowBytes: WINDOW_BYTES, ...options });
}
