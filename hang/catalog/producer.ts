/**
 * The publishing side of a catalog: one group per update, its only frame the
 * whole catalog, so that a late joiner needs nothing else. Beside it goes the
 * same compressed, and in MSF for players that know only that.
 *
 * @module
 */
import type {
  BroadcastProducer,
  MoqError,
  TrackProducer,
} from "@moq-deno/lite";
import { type Compression, countFields } from "@moq-deno/lite/json";
import {
  type Catalog,
  CATALOG_TRACK,
  COMPRESSED_CATALOG_TRACK,
  TRACK_PRIORITY,
} from "./catalog.ts";
import { MSF_CATALOG_TRACK, msfOf } from "./msf.ts";
import {
  checkCatalog,
  MAX_CATALOG_BYTES,
  MAX_CATALOG_FIELDS,
} from "./parse.ts";
import { type CatalogForm, catalogIn } from "./write_2025.ts";

const encoder = new TextEncoder();

/** Options of {@linkcode CatalogProducer}. */
export interface CatalogProducerOptions {
  /** Writes the track `catalog.json.z` too, compressed by this. */
  readonly compression?: Compression | undefined;
  /** How `catalog.json` is written: for viewers of today, or for those of 2025. Default `2026`. */
  readonly form?: CatalogForm | undefined;
}

/** Publishes the catalog of one broadcast on its tracks `catalog.json`, `catalog.json.z` and, in MSF, `catalog`. */
export class CatalogProducer {
  readonly #track: TrackProducer;
  readonly #compressed: TrackProducer | undefined;
  readonly #msf: TrackProducer;
  readonly #options: CatalogProducerOptions;
  #current: Catalog | undefined;

  /** Creates the tracks in `broadcast`; nothing is published before the first update. */
  constructor(
    broadcast: BroadcastProducer,
    options: CatalogProducerOptions = {},
  ) {
    const info = { priority: TRACK_PRIORITY.catalog };
    this.#options = options;
    this.#track = broadcast.createTrack(CATALOG_TRACK, info);
    this.#compressed = options.compression &&
      broadcast.createTrack(COMPRESSED_CATALOG_TRACK, info);
    this.#msf = broadcast.createTrack(MSF_CATALOG_TRACK, info);
  }

  /** What was published last. */
  get current(): Catalog | undefined {
    return this.#current;
  }

  /** Publishes `catalog` in place of the one before; throws `TypeError` when a field of it is not as it should be. */
  update(catalog: Catalog): void {
    const { catalog: checked, problems } = checkCatalog(catalog);
    if (problems[0]) throw new TypeError(problems[0].message);
    const { form, compression } = this.#options;
    const json = bytesOf(catalogIn(form, checked));
    const msf = bytesOf(msfOf(checked));
    this.#track.writeFrame({ timestamp: 0, payload: json });
    if (this.#compressed && compression) {
      const payload = compression.deflate().frame(json);
      this.#compressed.writeFrame({ timestamp: 0, payload });
    }
    this.#msf.writeFrame({ timestamp: 0, payload: msf });
    this.#current = checked;
  }

  /** Ends the tracks; with `error` when the broadcast ended early. */
  close(error?: MoqError): void {
    this.#track.close(error);
    this.#compressed?.close(error);
    this.#msf.close(error);
  }
}

function bytesOf(json: unknown): Uint8Array {
  const fields = countFields(json);
  if (fields > MAX_CATALOG_FIELDS) {
    throw new RangeError(
      `Expected a catalog of at most ${MAX_CATALOG_FIELDS} fields, got ${fields}`,
    );
  }
  const bytes = encoder.encode(JSON.stringify(json));
  if (bytes.byteLength <= MAX_CATALOG_BYTES) return bytes;
  throw new RangeError(
    `Expected a catalog of at most ${MAX_CATALOG_BYTES} bytes, got ${bytes.byteLength}`,
  );
}
