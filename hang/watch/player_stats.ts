/**
 * The numbers of a player.
 *
 * @module
 */
import { protocolOf, type Session } from "@moq-deno/lite";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import type { Counters } from "./lane.ts";
import type { VideoChoice } from "./quality/select.ts";
import type { PlayoutClock } from "./clock/playout_clock.ts";

const WINDOW_MS = 2000;

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

/** What the numbers are made from. */
interface StatsSources {
  /** The session that is up. */
  readonly session: Session | undefined;
  /** The clock. */
  readonly sync: PlayoutClock;
  /** Presentation time in microseconds of the picture shown. */
  readonly shownUs: number | undefined;
  /** The video that plays. */
  readonly video: VideoChoice | undefined;
  /** The audio that plays. */
  readonly audio: AudioConfig | undefined;
  /** Pictures that wait for the decoder. */
  readonly decodeQueue: number;
  /** Bits per second, 0 for unknown. */
  readonly bandwidthBps: number;
  /** Milliseconds. */
  readonly rttMs: number | undefined;
  /** Seconds. */
  readonly missingSoundSeconds: number;
}

interface Mark {
  readonly atMs: number;
  readonly bytes: number;
  readonly shownFrames: number;
}

/** Turns counters into rates. */
export class PlayerStatsMeter {
  readonly #counters: Counters;
  readonly #marks: Mark[] = [];

  /** Over counters that somebody else counts. */
  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Takes note of the counters; a few times a second. */
  sample(atMs: number): void {
    const { bytes, shownFrames } = this.#counters;
    this.#marks.push({ atMs, bytes, shownFrames });
    while (atMs - this.#marks[0]!.atMs > WINDOW_MS) this.#marks.shift();
  }

  /** The numbers now. */
  read(sources: StatsSources): PlayerStats {
    const { sync, shownUs, session, video, audio } = sources;
    const playheadUs = sync.playheadUs() ?? sync.edgeUs;
    return {
      ...this.#counters,
      latencyMs: shownUs === undefined ? undefined : sync.behindMs(shownUs),
      bufferedMs: Math.max(0, (sync.edgeUs - playheadUs) / 1000),
      holdMs: sync.holdMs,
      jitterMs: sync.jitterMs,
      decodeQueue: sources.decodeQueue,
      bandwidthBps: sources.bandwidthBps,
      rttMs: sources.rttMs,
      bitrateBps: this.#perSecond("bytes") * 8,
      framesPerSecond: this.#perSecond("shownFrames"),
      missingSoundSeconds: sources.missingSoundSeconds,
      transport: session && transportOf(session),
      protocol: session && protocolOf(session.version),
      rendition: video?.name,
      video: video?.config,
      audio,
    };
  }

  #perSecond(counter: "bytes" | "shownFrames"): number {
    const [first] = this.#marks;
    const last = this.#marks.at(-1);
    if (!first || !last || first === last) return 0;
    const seconds = (last.atMs - first.atMs) / 1000;
    return (last[counter] - first[counter]) / seconds;
  }
}

function transportOf(session: Session): "WebTransport" | "WebSocket" {
  const { kind } = session.transport;
  return kind === "websocket" ? "WebSocket" : "WebTransport";
}
