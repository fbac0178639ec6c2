/**
 * The subscribing side of a catalog: the newest one, again whenever it changes.
 *
 * @module
 */
import {
  asMoqError,
  type BroadcastConsumer,
  type GroupConsumer,
  Latch,
  type Logger,
  MoqError,
  SILENT,
  type TrackSubscription,
} from "@moq-deno/lite";
import { type Catalog, CATALOG_TRACK, TRACK_PRIORITY } from "./catalog.ts";
import { mergePatch } from "@moq-deno/lite/json";
import { catalogOfMsf, MSF_CATALOG_TRACK } from "./msf.ts";
import {
  checkCatalog,
  MAX_CATALOG_BYTES,
  type ParsedCatalog,
  parseJson,
} from "./parse.ts";

/** Options of {@linkcode consumeCatalog}. */
export interface ConsumeCatalogOptions {
  /** Which catalog of the broadcast is read: `msf` where its name ends in `.msf`, say. Default hang. */
  readonly format?: "hang" | "msf" | undefined;
  /** Ends the iteration by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of renditions that were left out and of updates that were not readable. */
  readonly log?: Logger | undefined;
}

const encoder = new TextEncoder();

/**
 * The catalogs of `broadcast`, newest first and then as they change; a reader that is slow sees only
 * the newest. Unreadable updates are logged and passed over, unless there was never a readable one.
 *
 * ```ts
 * import { CatalogProducer, consumeCatalog } from "@moq-deno/hang";
 * import { BroadcastProducer } from "@moq-deno/lite";
 * import assert from "node:assert/strict";
 *
 * const broadcast = new BroadcastProducer();
 * const catalog = new CatalogProducer(broadcast);
 * catalog.update({ video: { renditions: { hd: { codec: "vp8" } } } });
 *
 * for await (const { video } of consumeCatalog(broadcast.consume())) {
 *   assert.deepEqual(Object.keys(video?.renditions ?? {}), ["hd"]);
 *   break;
 * }
 * ```
 */
export async function* consumeCatalog(
  broadcast: BroadcastConsumer,
  options: ConsumeCatalogOptions = {},
): AsyncGenerator<Catalog> {
  const { format = "hang", log = SILENT } = options;
  const name = format === "msf" ? MSF_CATALOG_TRACK : CATALOG_TRACK;
  const reader = new CatalogReader(
    broadcast.track(name).subscribe({
      priority: TRACK_PRIORITY.catalog,
      signal: options.signal,
    }),
    { format, log },
  );
  const release = options.signal && reader.changed.wakeOn(options.signal);
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const catalog = reader.take();
      if (catalog) yield catalog;
      else if (reader.ended) break;
      else await reader.changed.changed();
    }
    if (reader.error && !reader.hadCatalog) throw reader.error;
  } finally {
    release?.();
    await reader.close();
  }
}

/** Follows the groups; a new group ends the reading of the one before, however long that stays open. */
class CatalogReader {
  readonly changed = new Latch();
  ended = false;
  hadCatalog = false;
  error: MoqError | undefined;
  readonly #subscription: TrackSubscription;
  readonly #log: Logger;
  readonly #isMsf: boolean;
  readonly #running: Promise<void>;
  #fresh: Catalog | undefined;
  #newest = -1;
  #group: AbortController | undefined;

  constructor(
    subscription: TrackSubscription,
    { format, log }: { readonly format: "hang" | "msf"; readonly log: Logger },
  ) {
    this.#subscription = subscription;
    this.#log = log;
    this.#isMsf = format === "msf";
    this.#running = this.#runGroups();
  }

  take(): Catalog | undefined {
    const catalog = this.#fresh;
    this.#fresh = undefined;
    return catalog;
  }

  async close(): Promise<void> {
    this.#group?.abort(new MoqError("cancelled", "Catalog is no longer read"));
    this.#subscription.close();
    await this.#running;
  }

  async #runGroups(): Promise<void> {
    let reading = Promise.resolve();
    try {
      for await (const group of this.#subscription) {
        if (group.sequence <= this.#newest) continue;
        this.#newest = group.sequence;
        this.#group?.abort(new MoqError("cancelled", "A newer catalog came"));
        await reading;
        this.#group = new AbortController();
        reading = this.#runGroup(group, this.#group.signal);
      }
    } catch (error) {
      this.error = asMoqError(error);
    }
    await reading;
    this.ended = true;
    this.changed.wake();
  }

  async #runGroup(group: GroupConsumer, signal: AbortSignal): Promise<void> {
    let json: unknown;
    try {
      let isFirst = true;
      for await (const frame of group.frames(signal)) {
        const value = parseJson(frame.payload);
        if (this.#isMsf) {
          this.#publish(catalogOfMsf(value), group.sequence);
          continue;
        }
        json = isFirst ? value : mergePatch(json, value);
        if (!isFirst) checkSize(json);
        isFirst = false;
        this.#publish(checkCatalog(json), group.sequence);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.error = asMoqError(error);
      this.#log.warn?.("catalog not readable", {
        sequence: group.sequence,
        error: this.error.message,
      });
    }
  }

  #publish({ catalog, problems }: ParsedCatalog, sequence: number): void {
    for (const problem of problems) {
      this.#log.warn?.("part of the catalog ignored", {
        sequence,
        error: problem.message,
      });
    }
    this.#fresh = catalog;
    this.hadCatalog = true;
    this.changed.wake();
  }
}

// A peer could let a catalog grow by small deltas without end.
function checkSize(json: unknown): void {
  const bytes = encoder.encode(JSON.stringify(json)).byteLength;
  if (bytes > MAX_CATALOG_BYTES) {
    throw new MoqError(
      "decode",
      `Expected a catalog of at most ${MAX_CATALOG_BYTES} bytes, got ${bytes} after a delta`,
    );
  }
}
