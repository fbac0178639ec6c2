/**
 * Subscribing to media: the catalog, then the first video and the first audio
 * rendition that can be read.
 *
 * @module
 */
import {
  type BroadcastConsumer,
  type Logger,
  MoqError,
  type SubscribeOptions,
} from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import { SILENT } from "@moq-deno/lite/internal";
import {
  type AudioConfig,
  type Catalog,
  type RenditionConfig,
  TRACK_PRIORITY,
  type VideoConfig,
} from "../catalog/catalog.ts";
import { type CatalogFormat, consumeCatalog } from "../catalog/consumer.ts";
import { broadcastOf, type RelatedBroadcasts } from "../catalog/related.ts";
import { openContainer } from "../container/container.ts";
import type { Container } from "../container/sample.ts";
import { TrackReader } from "../container/track_reader.ts";
import { deflate } from "../deflate.ts";

const DEFAULT_LATENCY_MS = 500;

/** Options of {@linkcode subscribeMedia}. */
export interface SubscribeMediaOptions {
  /** The video rendition by the name of its track, `false` for none. Default the first that can be read. */
  readonly video?: string | false | undefined;
  /** The audio rendition by the name of its track, `false` for none. Default the first that can be read. */
  readonly audio?: string | false | undefined;
  /** Which catalog of the broadcast is read. Default hang. */
  readonly catalog?: CatalogFormat | undefined;
  /** Where renditions are that the catalog says another broadcast has. Default: they are ignored. */
  readonly related?: RelatedBroadcasts | undefined;
  /** How far newer media may be ahead before a late group is skipped. Default 500. */
  readonly latencyMs?: number | undefined;
  /** Ends the wait for the catalog by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of what was ignored. */
  readonly log?: Logger | undefined;
}

/** Media on its way in; the caller closes it. */
export interface SubscribedMedia {
  /** The catalog that the renditions were chosen from. */
  readonly catalog: Catalog;
  /** The video, when there is any that can be read. */
  readonly video: TrackReader<VideoConfig> | undefined;
  /** The audio, when there is any that can be read. */
  readonly audio: TrackReader<AudioConfig> | undefined;
  /** Ends the samples of both in good order. Idempotent. */
  close(): Promise<void>;
}

interface Choice<Config> {
  readonly name: string;
  readonly config: Config;
  readonly container: Container;
  readonly broadcast: BroadcastConsumer;
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
      log.warn?.("rendition ignored", {
        name,
        error: asMoqError(error).message,
      });
    }
  }
  return undefined;
}

/**
 * Subscribes to the video and audio renditions that were asked for, or the first ones, of the first catalog that has
 * them. Throws
 * `MoqError("unsupported")` when the broadcast ends without such a catalog.
 */
export async function subscribeMedia(
  broadcast: BroadcastConsumer,
  options: SubscribeMediaOptions = {},
): Promise<SubscribedMedia> {
  const { log = SILENT, latencyMs = DEFAULT_LATENCY_MS, signal } = options;
  const where = { own: broadcast, related: options.related, log };
  const read = <Config extends VideoConfig | AudioConfig>(
    choice: Choice<Config> | undefined,
    wish: Pick<SubscribeOptions, "priority" | "from">,
  ): TrackReader<Config> | undefined => {
    if (!choice) return undefined;
    const subscription = choice.broadcast.track(choice.name)
      .subscribe({ ...wish, maxAgeMs: latencyMs });
    return new TrackReader(subscription, { ...choice, latencyMs, log });
  };
  const catalogs = consumeCatalog(broadcast, {
    format: options.catalog,
    compression: deflate,
    signal,
    log,
  });
  for await (const catalog of catalogs) {
    const chosenVideo = choose(catalog.video?.renditions, {
      ...where,
      wish: options.video,
    });
    const chosenAudio = choose(catalog.audio?.renditions, {
      ...where,
      wish: options.audio,
    });
    // A rendition that was asked for by name may come with a later catalog.
    const isMissing = (options.video && !chosenVideo) ||
      (options.audio && !chosenAudio);
    if (isMissing || (!chosenVideo && !chosenAudio)) continue;
    // The newest picture group alone, but the sound that belongs to its beginning, as far as it is there.
    const video = read(chosenVideo, {
      priority: TRACK_PRIORITY.video,
      from: "latest",
    });
    const audio = read(chosenAudio, { priority: TRACK_PRIORITY.audio });
    const close = async (): Promise<void> => {
      await Promise.all([video?.close(), audio?.close()]);
    };
    return { catalog, video, audio, close };
  }
  throw new MoqError(
    "unsupported",
    "Expected a catalog with a rendition that can be read, got none before it ended",
  );
}
