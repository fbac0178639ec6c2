/**
 * The publishing side of a catalog: one group per update, its only frame the
 * whole catalog, so that a late joiner needs nothing else. Beside it goes the
 * same in MSF, for players that know only that.
 *
 * @module
 */
import type {
  BroadcastProducer,
  MoqError,
  TrackProducer,
} from "@moq-deno/lite";
import { type Catalog, CATALOG_TRACK, TRACK_PRIORITY } from "./catalog.ts";
import { MSF_CATALOG_TRACK, msfOf } from "./msf.ts";
import { checkCatalog, MAX_CATALOG_BYTES } from "./parse.ts";

const encoder = new TextEncoder();

/** Publishes the catalog of one broadcast on its tracks `catalog.json` and, in MSF, `catalog`. */
export class CatalogProducer {
  readonly #track: TrackProducer;
  readonly #msf: TrackProducer;
  #current: Catalog | undefined;

  /** Creates the tracks in `broadcast`; nothing is published before the first update. */
  constructor(broadcast: BroadcastProducer) {
    const info = { priority: TRACK_PRIORITY.catalog };
    this.#track = broadcast.createTrack(CATALOG_TRACK, info);
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
    const payload = encoder.encode(JSON.stringify(checked));
    if (payload.byteLength > MAX_CATALOG_BYTES) {
      throw new RangeError(
        `Expected a catalog of at most ${MAX_CATALOG_BYTES} bytes, got ${payload.byteLength}`,
      );
    }
    this.#track.writeFrame({ timestamp: 0, payload });
    const msf = encoder.encode(JSON.stringify(msfOf(checked)));
    this.#msf.writeFrame({ timestamp: 0, payload: msf });
    this.#current = checked;
  }

  /** Ends the tracks; with `error` when the broadcast ended early. */
  close(error?: MoqError): void {
    this.#track.close(error);
    this.#msf.close(error);
  }
}
