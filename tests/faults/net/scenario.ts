/**
 * One publisher, one viewer behind an emulated link, and one without limits;
 * compares what the two viewers received.
 *
 * @module
 */
import { sleep, systemClock } from "@moq-deno/lite";
import {
  Link,
  type LinkOptions,
  NARROW_RELAY,
  type Place,
  WIDE_RELAY,
} from "./link.ts";
import type { Child } from "../../integration/process/child.ts";
import type { PublisherSettings } from "./publisher_process.ts";
import type {
  RelayAddress,
  RelayState,
} from "../../integration/process/relay_process.ts";
import type { ViewerSettings } from "./viewer_process.ts";
import {
  ages,
  behind,
  longestGap,
  type Seen,
  type Spread,
  spreadOf,
} from "./watched.ts";

/** The viewer's transport. */
export type Way = "quic" | "websocket" | "webtransport";

/** Options of the viewer behind the link. */
export interface ScenarioOptions extends LinkOptions {
  /** Default raw QUIC. */
  readonly way?: Way;
  /** Default the newest. */
  readonly protocol?: string;
  /** Default 0, the live edge. */
  readonly maxAgeMs?: number;
  /** How long to watch after the first seconds. Default 20. */
  readonly seconds?: number;
}

/** The results; in milliseconds, unless the name says otherwise. */
export interface Figures {
  /** How much later audio arrived than at the viewer without limits. */
  readonly audio: Spread;
  /** The same for the first frame of each group of video. */
  readonly firstFrames: Spread;
  /** The same for every frame of video that arrived. */
  readonly video: Spread;
  /** Share of video frames that arrived. */
  readonly videoShare: number;
  /** The longest time without a frame of video. */
  readonly videoGapMs: number;
  /** The longest time without a frame of audio. */
  readonly audioGapMs: number;
  /** Ages of all frames at the viewer without limits, before the other viewer connected. */
  readonly agesAlone: Spread;
  /** The same while the other viewer watched. */
  readonly agesBeside: Spread;
  /** The most bytes in flight to the viewer behind the link. */
  readonly mostUnconfirmedBytes: number;
  /** The relay's measurement of the narrow path at the end. */
  readonly bitrateBps: number;
  /** The relay's memory at the end. */
  readonly relayBytes: number;
}

const WARM_UP_MS = 5000;
const DEFAULT_SECONDS = 20;
/** Longer than any frame in flight needs to arrive. */
const TAIL_MS = 1000;

/** A relay, a publisher and the network around them. Disposal ends all. */
export class Stage implements AsyncDisposable {
  readonly link: Link;
  readonly relay: Child;
  readonly #address: RelayAddress;
  readonly #processes: Child[];

  private constructor(
    link: Link,
    { processes, address }: {
      readonly processes: Child[];
      readonly address: RelayAddress;
    },
  ) {
    this.link = link;
    this.relay = processes[0]!;
    this.#processes = processes;
    this.#address = address;
  }

  /** Sets everything up. */
  static async open(options: LinkOptions): Promise<Stage> {
    const link = await Link.open(options);
    const flags = ["--listen=0.0.0.0:4443"];
    const relay = link.run(
      "../../integration/process/relay_process.ts",
      "relay",
      { flags },
    );
    const processes = [relay];
    try {
      const address = await relay.next<RelayAddress>();
      const { fingerprint, port } = address;
      const url = `moqt://${WIDE_RELAY}:${port}`;
      const to: PublisherSettings = { url, fingerprint };
      const publisher = link.run("publisher_process.ts", "relay", to);
      processes.push(publisher);
      await publisher.next();
      return new Stage(link, { processes, address });
    } catch (error) {
      for (const process of processes) await process[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Connects a viewer, and waits for a group of each track, or until it has subscribed. */
  async join(
    place: Place,
    { way = "quic", ...rest }:
      & { readonly way?: Way | undefined }
      & Omit<ViewerSettings, "url" | "fingerprint"> = {},
  ): Promise<Child> {
    const host = place === "narrow" ? NARROW_RELAY : WIDE_RELAY;
    const { fingerprint, port } = this.#address;
    const scheme = { quic: "moqt", websocket: "ws", webtransport: "https" };
    const url = `${scheme[way]}://${host}:${port}`;
    const settings: ViewerSettings = { url, fingerprint, ...rest };
    const viewer = this.link.run("viewer_process.ts", place, settings);
    this.#processes.push(viewer);
    await viewer.next();
    return viewer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes.toReversed()) {
      await process[Symbol.asyncDispose]();
    }
    await this.link[Symbol.asyncDispose]();
  }
}

/** Sets up, measures and tears down. */
export async function runScenario(options: ScenarioOptions): Promise<Figures> {
  await using stage = await Stage.open(options);
  const wide = await stage.join("wide");
  const { way, protocol, maxAgeMs, seconds = DEFAULT_SECONDS } = options;
  await sleep(systemClock, WARM_UP_MS);
  await wide.ask("begin");
  await sleep(systemClock, seconds * 1000);
  const alone = await wide.ask<Seen>("end");
  const narrow = await stage.join("narrow", { way, protocol, maxAgeMs });
  await sleep(systemClock, WARM_UP_MS);
  await Promise.all([wide.ask("begin"), narrow.ask("begin")]);
  await sleep(systemClock, seconds * 1000);
  const there = await wide.ask<Seen>("end");
  await sleep(systemClock, TAIL_MS);
  const here = await narrow.ask<Seen>("end");
  const state = await stage.relay.ask<RelayState>("state");
  const relayBytes = (await stage.relay.usage()).residentBytes;
  return figuresOf({ alone, here, there, state, relayBytes });
}

function figuresOf(
  { alone, here, there, state, relayBytes }: {
    readonly alone: Seen;
    readonly here: Seen;
    readonly there: Seen;
    readonly state: RelayState;
    readonly relayBytes: number;
  },
): Figures {
  const first = here.video.filter(({ isFirst }) => isFirst);
  const video = behind(here.video, there.video);
  return {
    audio: spreadOf(behind(here.audio, there.audio)),
    firstFrames: spreadOf(behind(first, there.video)),
    video: spreadOf(video),
    videoShare: Math.round(100 * video.length / there.video.length) / 100,
    videoGapMs: longestGap(here.video),
    audioGapMs: longestGap(here.audio),
    agesAlone: spreadOf(ages([...alone.audio, ...alone.video])),
    agesBeside: spreadOf(ages([...there.audio, ...there.video])),
    mostUnconfirmedBytes: state.mostUnconfirmedBytes.at(-1) ?? 0,
    bitrateBps: state.bitrateBps,
    relayBytes,
  };
}
