/**
 * For tests: a virtual clock, and pairs of transports in memory, plain or with
 * simulated loss, delay and bandwidth.
 *
 * ```ts
 * import { BroadcastProducer, openSession } from "@moq-deno/lite";
 * import { memoryPair } from "@moq-deno/lite/testing";
 *
 * const [one, other] = memoryPair({ protocol: "moq-lite-06" });
 * const [alice, bob] = [openSession(one), openSession(other)];
 * alice.publish("room/alice", new BroadcastProducer());
 * await bob.whenAnnounced("room/alice");
 * alice.close();
 * await bob.closed;
 * ```
 *
 * @module
 */
export * from "./transport/memory.ts";
export * from "./transport/simulated.ts";
export * from "./transport/virtual_clock.ts";
export type { PairOptions } from "./transport/pair/end.ts";
