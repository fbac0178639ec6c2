/**
 * How media is subscribed to.
 *
 * @module
 */
import type { Clock, Logger } from "@moq-deno/lite";
import type { CatalogFormat } from "../catalog/consumer.ts";
import type { RelatedBroadcasts } from "../catalog/related.ts";

/** Options of `subscribeMedia`. */
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
  /**
   * How long to wait, in milliseconds, for the kind that the catalog of a broadcast which has just begun does not have
   * yet. What comes of the other kind meanwhile is kept. Default 0.
   */
  readonly joinMs?: number | undefined;
  /** Measures that. Default the system's. */
  readonly clock?: Clock | undefined;
  /** Ends the waits by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of what was ignored, and of a kind that came when it was no longer waited for. */
  readonly log?: Logger | undefined;
}
