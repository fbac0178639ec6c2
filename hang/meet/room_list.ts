/**
 * The rooms of a relay and who is in them, by announcements, catalogs and
 * previews alone: no picture and no sound is asked for. hang catalog of 2025,
 * section `preview`.
 *
 * @module
 */
import { joinPath, type Logger, type OriginScope } from "@moq-deno/lite";
import { asMoqError, SILENT } from "@moq-deno/lite/internal";
import { consumeCatalog } from "../catalog/consumer.ts";
import type { Preview } from "../catalog/room_frames.ts";
import { running } from "../signals/lasting.ts";
import { Signal } from "../signals/signal.ts";
import { consumePreviews } from "./side_frames.ts";

// Each may hold two requests at a relay; other makes may take as few as 128 of one client.
const MAX_PREVIEWS = 40;

/** A person in a room. */
export interface RoomGuest extends Preview {
  /** The path below the room. */
  readonly path: string;
}

/** A room with people in it. */
export interface Room {
  /** Its path. */
  readonly path: string;
  /** How many are in it. */
  readonly count: number;
  /** The people in it by path; only the first ones of large rooms have names and previews. */
  readonly guests: readonly RoomGuest[];
}

/** Options of {@linkcode RoomList}. */
export interface RoomListOptions {
  /** What is announced. */
  readonly scope: OriginScope;
  /** What is published here, which a relay does not announce back. Default nothing. */
  readonly own?: OriginScope | undefined;
  /** Only rooms below this path. Default all. */
  readonly prefix?: string | undefined;
  /** Where failures go. Default nowhere. */
  readonly log?: Logger | undefined;
}

interface Listed {
  readonly preview: Signal<Preview>;
  readonly stop: (() => void) | undefined;
}

/** Follows until it is closed. */
export class RoomList {
  readonly #options: RoomListOptions;
  readonly #listed: Map<string, Listed> = new Map();
  readonly #changes: Signal<number> = new Signal(0);
  readonly #stops: readonly (() => void)[];
  #previews = 0;

  /** Begins at once. */
  constructor(options: RoomListOptions) {
    this.#options = options;
    this.#stops = [options.scope, options.own]
      .filter((scope) => scope !== undefined)
      .map((scope) => running((signal) => this.#run(scope, signal)));
  }

  /** The rooms by path; watched when it is read in an effect. */
  rooms(): readonly Room[] {
    this.#changes.get();
    const rooms = new Map<string, RoomGuest[]>();
    for (const [full, { preview }] of this.#listed) {
      const slash = full.lastIndexOf("/");
      const path = full.slice(0, Math.max(0, slash));
      const guests = rooms.get(path) ?? [];
      rooms.set(path, guests);
      guests.push({ ...preview.get(), path: full.slice(slash + 1) });
    }
    return [...rooms]
      .map(([path, guests]) => ({
        path,
        count: guests.length,
        guests: guests.sort((a, b) => a.path < b.path ? -1 : 1),
      }))
      .sort((a, b) => a.path < b.path ? -1 : 1);
  }

  /** Follows no more. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
    for (const { stop } of this.#listed.values()) stop?.();
    this.#listed.clear();
  }

  async #run(scope: OriginScope, signal: AbortSignal): Promise<void> {
    const { prefix = "" } = this.#options;
    for await (const { path, kind } of scope.announced(prefix, { signal })) {
      if (path === "" || kind === "update") continue;
      const full = joinPath(prefix, path);
      this.#remove(full);
      if (kind === "start") this.#add(full, scope);
      this.#changes.set(this.#changes.peek() + 1);
    }
  }

  #remove(path: string): void {
    const listed = this.#listed.get(path);
    if (listed?.stop) this.#previews--;
    listed?.stop?.();
    this.#listed.delete(path);
  }

  #add(path: string, scope: OriginScope): void {
    const preview = new Signal<Preview>({});
    const hasRoom = this.#previews < MAX_PREVIEWS;
    const stop = hasRoom
      ? running((signal) => this.#follow(path, { scope, preview, signal }))
      : undefined;
    this.#listed.set(path, { preview, stop });
    if (stop) this.#previews++;
  }

  async #follow(
    path: string,
    { scope, preview, signal }: {
      readonly scope: OriginScope;
      readonly preview: Signal<Preview>;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { log = SILENT } = this.#options;
    try {
      const broadcast = scope.consume(path);
      for await (const catalog of consumeCatalog(broadcast, { signal })) {
        const { user, video, audio } = catalog;
        const hasAny = (of?: { readonly renditions: object }): boolean =>
          Object.keys(of?.renditions ?? {}).length > 0;
        preview.set({
          ...(user?.name !== undefined && { name: user.name }),
          video: hasAny(video),
          audio: hasAny(audio),
        });
        const frames = consumePreviews(broadcast, { catalog, signal });
        for await (const frame of frames) preview.set(frame);
      }
    } catch (error) {
      if (signal.aborted) return;
      log.debug?.("no preview", { path, error: asMoqError(error).message });
    }
  }
}
