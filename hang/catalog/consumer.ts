/**
 * The subscribing side of a catalog: the newest one, again whenever it changes.
 *
 * @module
 */
import type { BroadcastConsumer, Clock, Logger } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import {
  type Compression,
  followNewest,
  type JsonFrame,
  type JsonFrameReader,
  SnapshotReader,
} from "@moq-deno/lite/json";
import {
  type Catalog,
  CATALOG_TRACK,
  COMPRESSED_CATALOG_TRACK,
  TRACK_PRIORITY,
} from "./catalog.ts";
import { catalogOfMsf, MSF_CATALOG_TRACK } from "./msf.ts";
import {
  checkCatalog,
  MAX_CATALOG_BYTES,
  MAX_CATALOG_FIELDS,
  type ParsedCatalog,
} from "./parse.ts";

/** Which of a broadcast's catalogs: that of hang, the same compressed, or that of MSF. */
export type CatalogFormat = "hang" | "hangz" | "msf";

/** Options of {@linkcode consumeCatalog}. */
export interface ConsumeCatalogOptions {
  /** Which catalog of the broadcast is read: `msf` where its name ends in `.msf`, say. Default hang. */
  readonly format?: CatalogFormat | undefined;
  /** Inflates `hangz`, which cannot be read without. */
  readonly compression?: Compression | undefined;
  /** Time, for the rest that a reader takes after a large catalog. Default the system's. */
  readonly clock?: Clock | undefined;
  /** Ends the iteration by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of renditions that were left out and of updates that were not readable. */
  readonly log?: Logger | undefined;
}

const TRACKS: Readonly<Record<CatalogFormat, string>> = {
  hang: CATALOG_TRACK,
  hangz: COMPRESSED_CATALOG_TRACK,
  msf: MSF_CATALOG_TRACK,
};

/**
 * The catalogs of `broadcast`, newest first and then as they change; a reader that is slow sees only
 * the newest. Unreadable updates are logged and passed over, unless there was never a readable one; throws
 * `MoqError("too-large")` at once for a catalog that is beyond the bounds, or that is changed so often that it is.
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
export function consumeCatalog(
  broadcast: BroadcastConsumer,
  options: ConsumeCatalogOptions = {},
): AsyncGenerator<Catalog, void> {
  const { format = "hang", compression, signal, log = SILENT, clock } = options;
  if (format === "hangz" && !compression) {
    throw new TypeError("Expected a compression to read hangz with, got none");
  }
  return followNewest(
    broadcast.track(TRACKS[format]),
    format === "msf" ? new MsfReader(log) : new HangReader(log),
    {
      compression: format === "hangz" ? compression : undefined,
      ...BOUNDS,
      clock,
      priority: TRACK_PRIORITY.catalog,
      signal,
      log,
    },
  );
}

const BOUNDS = { maxBytes: MAX_CATALOG_BYTES, maxFields: MAX_CATALOG_FIELDS };

class HangReader implements JsonFrameReader<Catalog> {
  readonly #snapshots = new SnapshotReader(BOUNDS);
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  *read(frame: JsonFrame): Iterable<Catalog> {
    for (const value of this.#snapshots.read(frame)) {
      yield usable(checkCatalog(value), this.#log);
    }
  }
}

class MsfReader implements JsonFrameReader<Catalog> {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  *read({ value, fields, isNewest, meter }: JsonFrame): Iterable<Catalog> {
    if (!isNewest) return;
    meter.charge(fields);
    yield usable(catalogOfMsf(value), this.#log);
  }
}

function usable({ catalog, problems }: ParsedCatalog, log: Logger): Catalog {
  for (const { message } of problems) {
    log.warn?.("part of the catalog ignored", { error: message });
  }
  return catalog;
}
