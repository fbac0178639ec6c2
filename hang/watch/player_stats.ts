/**
 * The numbers of a player.
 *
 * @module
 */
import type { Session } from "@moq-deno/lite";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import type { Counters } from "./lane.ts";

/** Numbers for people and programs. */
export interface PlayerStats extends Readonly<Counters> {
  /** How far the picture shown is behind the live edge, in milliseconds; `undefined` while none is shown. */
  readonly latencyMs: number | undefined;
  /** Media that has arrived and is not due yet, in milliseconds. */
  readonly bufferedMs: number;
  /** How long media is held now, in milliseconds. */
  readonly holdMs: number;
  /** How much later than the fastest all but the odd sample are ready, in milliseconds. */
  readonly jitterMs: number;
  /** Pictures that wait for the decoder. */
  readonly decodeQueue: number;
  /** What the relay says that the path carries, in bits per second; 0 while it is unknown. */
  readonly bandwidthBps: number;
  /** Round trip to the relay and back, in milliseconds; `undefined` while it is unknown. */
  readonly rttMs: number | undefined;
  /** Media received, in bits per second over the last two seconds. */
  readonly bitrateBps: number;
  /** Pictures shown per second, over the last two seconds. */
  readonly framesPerSecond: number;
  /** Sound that was not there in time, in seconds. */
  readonly missingSoundSeconds: number;
  /** What carries it, for people; `undefined` while not connected. */
  readonly transport: "WebTransport" | "WebSocket" | undefined;
  /** The draft spoken, as in "moq-lite-05"; `undefined` while not connected. */
  readonly protocol: string | undefined;
  /** Track name of the video that plays. */
  readonly rendition: string | undefined;
  /** The video that plays. */
  readonly video: VideoConfig | undefined;
  /** The audio that plays. */
  readonly audio: AudioConfig | undefined;
}

/** What carries a session, for people. */
export function transportOf(session: Session): "WebTransport" | "WebSocket" {
  return session.transport.kind === "websocket" ? "WebSocket" : "WebTransport";
}
