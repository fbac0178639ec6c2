/**
 * The publishing side of a catalog: one group per update, its only frame the
 * whole catalog, so that a late joiner needs nothing else.
 *
 * @module
 */
import type {
  BroadcastProducer,
  MoqError,
  TrackProducer,
} from "@moq-deno/lite";
import { type Catalog, CATALOG_TRACK, TRACK_PRIORITY } from "./catalog.ts";
import { checkCatalog, MAX_CATALOG_BYTES } from "./parse.ts";

const encoder = new TextEncoder();

/** Publishes the catalog of one broadcast on its track `catalog.json`. */
export class CatalogProducer {
  readonly #track: TrackProducer;
  #current: Catalog | undefined;

  /** Creates the track in `broadcast`; nothing is published before the first update. */
  constructor(broadcast: BroadcastProducer) {
    this.#track = broadcast.createTrack(CATALOG_TRACK, {
      priority: TRACK_PRIORITY.catalog,
    });
  }

  /** What was published last. */
  get current(): Catalog | undefined {
    return this.#current;
  }

  /** Publishes `catalog` in place of the one before; throws `TypeError` when a field of it is not as it should be. */
  update(catalog: Catalog): void {
    const { catalog: checked, problems } = checkCatalog(catalog);
    if (problems[0]) throw new TypeError(problems[0].message);
    const payload = encoder.encode(JSON.stringify(checked));
    if (payload.byteLength > MAX_CATALOG_BYTES) {
      throw new RangeError(
        `Expected a catalog of at most ${MAX_CATALOG_BYTES} bytes, got ${payload.byteLength}`,
      );
    }
    this.#track.writeFrame({ timestamp: 0, payload });
    this.#current = checked;
  }

  /** Ends the track; with `error` when the broadcast ended early. */
  close(error?: MoqError): void {
    this.#track.close(error);
  }
}
