/**
 * Which renditions of a broadcast are received, as its catalogs come.
 *
 * @module
 */
import type {
  BroadcastConsumer,
  Logger,
  SubscribeOptions,
} from "@moq-deno/lite";
import { messageOf, SILENT } from "@moq-deno/lite/internal";
import {
  type AudioConfig,
  type Catalog,
  type RenditionConfig,
  TRACK_PRIORITY,
  type VideoConfig,
} from "../catalog/catalog.ts";
import { broadcastOf, type RelatedBroadcasts } from "../catalog/related.ts";
import { openContainer } from "../container/container.ts";
import type { Container } from "../container/sample.ts";
import { TrackReader } from "../container/track_reader.ts";
import type { SubscribeMediaOptions } from "./subscribe_options.ts";

const DEFAULT_LATENCY_MS = 500;
// A broadcast with more groups of a track than this is some seconds old.
const YOUNG_GROUPS = { video: 3, audio: 100 };

interface Choice<Config> {
  readonly name: string;
  readonly config: Config;
  readonly container: Container;
  readonly broadcast: BroadcastConsumer;
}

interface Choices {
  readonly video: Choice<VideoConfig> | undefined;
  readonly audio: Choice<AudioConfig> | undefined;
}

/** The first rendition whose broadcast is known and whose container can be read; those that are stalled come last. */
function choose<
  Config extends RenditionConfig & { readonly stalled?: boolean },
>(
  renditions: Readonly<Record<string, Config>> = {},
  { wish, own, related, log }: {
    readonly wish: string | false | undefined;
    readonly own: BroadcastConsumer;
    readonly related: RelatedBroadcasts | undefined;
    readonly log: Logger;
  },
): Choice<Config> | undefined {
  if (wish === false) return undefined;
  const entries = Object.entries(renditions).sort(([, one], [, other]) =>
    Number(one.stalled ?? false) - Number(other.stalled ?? false)
  );
  for (const [name, config] of entries) {
    if (wish !== undefined && name !== wish) continue;
    try {
      const broadcast = broadcastOf(config.broadcast, { own, related });
      return { name, config, broadcast, container: openContainer(config) };
    } catch (error) {
      log.warn?.("rendition ignored", { name, error: messageOf(error) });
    }
  }
  return undefined;
}

/** The renditions that are received, chosen from the catalogs that come. */
export class RenditionChoice {
  video: TrackReader<VideoConfig> | undefined;
  audio: TrackReader<AudioConfig> | undefined;
  readonly #own: BroadcastConsumer;
  readonly #options: SubscribeMediaOptions;
  readonly #enough = new AbortController();

  constructor(own: BroadcastConsumer, options: SubscribeMediaOptions) {
    this.#own = own;
    this.#options = options;
  }

  /** Whether a kind that is wanted is not there. */
  get lacks(): boolean {
    const { video, audio } = this.#options;
    return (video !== false && !this.video) ||
      (audio !== false && !this.audio);
  }

  /** Aborts when the broadcast is older than what would still join. */
  get isEnough(): AbortSignal {
    return this.#enough.signal;
  }

  stopWaiting(): void {
    this.#enough.abort();
  }

  /** Subscribes to what is wanted, unless the catalog has nothing of it, or not what was asked for by name. */
  begin(catalog: Catalog): boolean {
    const { video, audio } = this.#options;
    const chosen = this.#choose(catalog);
    // A rendition that was asked for by name may come with a later catalog.
    const isMissing = (video && !chosen.video) || (audio && !chosen.audio);
    if (isMissing || (!chosen.video && !chosen.audio)) return false;
    this.#read(chosen);
    return true;
  }

  /** Subscribes to a kind that was not there before. */
  add(catalog: Catalog): void {
    this.#read(this.#choose(catalog));
  }

  /** What of a kind that is not received the catalog has. */
  *late(catalog: Catalog): Iterable<{ kind: string; name: string }> {
    const { video, audio } = this.#choose(catalog);
    if (video) yield { kind: "video", name: video.name };
    if (audio) yield { kind: "audio", name: audio.name };
  }

  #choose({ video, audio }: Catalog): Choices {
    const { related, log = SILENT } = this.#options;
    const where = { own: this.#own, related, log };
    const wish = this.#options;
    return {
      video: this.video
        ? undefined
        : choose(video?.renditions, { ...where, wish: wish.video }),
      audio: this.audio
        ? undefined
        : choose(audio?.renditions, { ...where, wish: wish.audio }),
    };
  }

  #read({ video, audio }: Choices): void {
    // The newest picture group alone, but the sound that belongs to its beginning, as far as it is there.
    if (video) {
      const priority = TRACK_PRIORITY.video;
      this.video = this.#reader(video, { priority, from: "latest" });
    }
    if (audio) {
      const priority = TRACK_PRIORITY.audio;
      this.audio = this.#reader(audio, { priority });
    }
  }

  #reader<Config extends VideoConfig | AudioConfig>(
    choice: Choice<Config>,
    wish: Pick<SubscribeOptions, "priority" | "from">,
  ): TrackReader<Config> {
    const { latencyMs = DEFAULT_LATENCY_MS, log = SILENT } = this.#options;
    const subscription = choice.broadcast.track(choice.name)
      .subscribe({ ...wish, maxAgeMs: latencyMs });
    const kind = "sampleRate" in choice.config ? "audio" : "video";
    const received = (): void => {
      if (reader.newest > YOUNG_GROUPS[kind]) this.stopWaiting();
    };
    const reader = new TrackReader<Config>(subscription, {
      ...{ ...choice, latencyMs, log, arrivals: { received } },
    });
    return reader;
  }
}
