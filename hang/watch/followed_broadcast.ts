/**
 * A broadcast as it comes and goes, over as many sessions as it takes, and its
 * catalog while it is there.
 *
 * @module
 */
import type { BroadcastConsumer, Logger, OriginScope } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import type { Catalog } from "../catalog/catalog.ts";
import { type CatalogFormat, consumeCatalog } from "../catalog/consumer.ts";
import { resolveBroadcast } from "../catalog/related.ts";
import { running } from "../signals/lasting.ts";
import { effect, Signal } from "../signals/signal.ts";

const RETRY_MS = 1000;
// A catalog beyond the bounds is not likely to be better soon.
const TOO_LARGE_RETRY_MS = 30_000;

/** Which of a broadcast's catalogs is read. */
export type PlayedFormat = Exclude<CatalogFormat, "hangz">;

/** Options of {@linkcode FollowedBroadcast}. */
interface FollowOptions {
  /** Where it is announced. */
  readonly scope: OriginScope;
  /** Its path. */
  readonly name: string;
  /** Which catalog; default MSF where the name ends in `.msf`, else hang. */
  readonly format?: PlayedFormat | undefined;
  /** Hears of problems. */
  readonly log: Logger;
}

/** Follows until it is closed. */
export class FollowedBroadcast {
  /** The broadcast, while it is announced. */
  readonly broadcast: Signal<BroadcastConsumer | undefined> = new Signal(
    undefined,
  );
  /** Its newest catalog. */
  readonly catalog: Signal<Catalog | undefined> = new Signal(undefined);
  /** Counts how often it began: with another publisher, or again after a failure. */
  readonly beginnings: Signal<number> = new Signal(0);
  readonly #options: FollowOptions;
  readonly #attempt = new Signal(0);
  readonly #stops: readonly (() => void)[];
  #isClosed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** Begins at once. */
  constructor(options: FollowOptions) {
    this.#options = options;
    this.#stops = [
      effect(() => this.#followCatalog()),
      running((signal) => this.#runAnnounced(signal)),
    ];
  }

  /** The broadcast that has the track of a rendition which names it relative to this one; `undefined` while there is none. */
  related(relative: string | undefined): BroadcastConsumer | undefined {
    const { name, log } = this.#options;
    if (relative === undefined) return this.broadcast.peek();
    try {
      const path = resolveBroadcast(name, relative);
      return path === name ? this.broadcast.peek() : this.#consume(path);
    } catch (error) {
      const reason = asMoqError(error).message;
      log.warn?.("rendition of no broadcast", { relative, error: reason });
      return undefined;
    }
  }

  /** Begins again with the catalog, a little later. */
  retry(afterMs: number = RETRY_MS): void {
    clearTimeout(this.#retry);
    if (this.#isClosed) return;
    this.#retry = setTimeout(
      () => this.#attempt.set(this.#attempt.peek() + 1),
      afterMs,
    );
  }

  /** Follows no more. Idempotent. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const stop of this.#stops) stop();
  }

  async #runAnnounced(signal: AbortSignal): Promise<void> {
    const { scope, name } = this.#options;
    for await (const { path, kind } of scope.announced(name, { signal })) {
      if (path !== "" || kind === "update") continue;
      this.broadcast.set(undefined);
      if (kind === "start") this.broadcast.set(this.#consume(name));
    }
  }

  #consume(path: string): BroadcastConsumer | undefined {
    try {
      return this.#options.scope.consume(path);
    } catch (error) {
      // It has gone again; its end is the next event.
      const reason = asMoqError(error).message;
      this.#options.log.debug?.("broadcast gone", { path, error: reason });
      return undefined;
    }
  }

  #followCatalog(): (() => void) | void {
    const broadcast = this.broadcast.get();
    this.#attempt.get();
    if (!broadcast) return;
    this.beginnings.set(this.beginnings.peek() + 1);
    const stop = running((signal) => this.#runCatalog(broadcast, signal));
    return () => {
      stop();
      this.catalog.set(undefined);
    };
  }

  async #runCatalog(
    broadcast: BroadcastConsumer,
    signal: AbortSignal,
  ): Promise<void> {
    const { log, name } = this.#options;
    const format = this.#options.format ??
      (name.endsWith(".msf") ? "msf" : "hang");
    const options = { signal, log, format };
    try {
      for await (const catalog of consumeCatalog(broadcast, options)) {
        this.catalog.set(catalog);
      }
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = asMoqError(error);
      log.warn?.("catalog lost", { name, error: message });
      this.retry(code === "too-large" ? TOO_LARGE_RETRY_MS : RETRY_MS);
    }
  }
}
