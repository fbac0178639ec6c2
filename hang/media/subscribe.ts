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
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { linked, SILENT } from "@moq-deno/lite/internal";
import type { AudioConfig, Catalog, VideoConfig } from "../catalog/catalog.ts";
import { consumeCatalog } from "../catalog/consumer.ts";
import type { TrackReader } from "../container/track_reader.ts";
import { deflate } from "../deflate.ts";
import { RenditionChoice } from "./rendition_choice.ts";
import type { SubscribeMediaOptions } from "./subscribe_options.ts";

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

/**
 * Subscribes to the video and audio renditions that were asked for, or the first ones, of the first catalog that has
 * them. Throws `MoqError("unsupported")` when the broadcast ends without such a catalog.
 */
export async function subscribeMedia(
  broadcast: BroadcastConsumer,
  options: SubscribeMediaOptions = {},
): Promise<SubscribedMedia> {
  const { log = SILENT, signal, clock, joinMs = 0 } = options;
  const end = linked(signal);
  const catalogs = consumeCatalog(broadcast, {
    format: options.catalog,
    compression: deflate,
    signal: end.signal,
    log,
  });
  const choice = new RenditionChoice(broadcast, options);
  const feed = new Feed(catalogs);
  try {
    let catalog: Catalog | undefined;
    do {
      catalog = await feed.next();
      if (!catalog) {
        throw new MoqError(
          "unsupported",
          "Expected a catalog with a rendition that can be read, got none before it ended",
        );
      }
    } while (!choice.begin(catalog));
    const wait = sleep(clock ?? systemClock, joinMs, choice.isEnough)
      .catch(() => undefined); // enough is there
    while (choice.lacks && joinMs > 0) {
      const later = await Promise.race([feed.next(), wait]);
      if (!later) break;
      catalog = later;
      choice.add(later);
    }
    choice.stopWaiting();
    const { video, audio } = choice;
    if (choice.lacks) void nameLate(feed, { choice, log });
    else await feed.close();
    const close = async (): Promise<void> => {
      end.abort();
      end.release();
      await feed.close();
      await Promise.all([video?.close(), audio?.close()]);
    };
    return { catalog, video, audio, close };
  } catch (error) {
    choice.stopWaiting();
    end.abort();
    end.release();
    await Promise.all([choice.video?.close(), choice.audio?.close()]);
    throw error;
  }
}

/** Says which rendition came when what is received was settled, once for each kind. */
async function nameLate(
  feed: Feed,
  { choice, log }: {
    readonly choice: RenditionChoice;
    readonly log: Logger;
  },
): Promise<void> {
  try {
    const named = new Set<string>();
    for (;;) {
      const catalog = await feed.next();
      if (!catalog) return;
      for (const { kind, name } of choice.late(catalog)) {
        if (named.has(kind)) continue;
        named.add(kind);
        log.warn?.(`${kind} joined too late to be received`, {
          name,
          error: "subscribe again to have it",
        });
      }
    }
  } catch {
    // The media was closed, or its broadcast failed, which the samples say.
  }
}

/** Catalogs one after the other; a wait for the next one that was given up goes on. */
class Feed {
  readonly #catalogs: AsyncIterator<Catalog, void>;
  #next: Promise<Catalog | undefined> | undefined;

  constructor(catalogs: AsyncIterator<Catalog, void>) {
    this.#catalogs = catalogs;
  }

  /** The next catalog, `undefined` at the end. */
  next(): Promise<Catalog | undefined> {
    this.#next ??= this.#catalogs.next()
      .then(({ value }) => value ?? undefined)
      .finally(() => this.#next = undefined);
    return this.#next;
  }

  /** Ends the wait and what is behind it. */
  async close(): Promise<void> {
    await this.#catalogs.return?.();
  }
}
