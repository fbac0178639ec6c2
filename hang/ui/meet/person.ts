/**
 * Another person in a meeting: a player in a tile, and what the person publishes
 * about microphone, camera, speech and position.
 *
 * @module
 */
import type { Position } from "../../catalog/room.ts";
import type { Preview } from "../../catalog/room_frames.ts";
import { consumePositions, consumePreviews } from "../../meet/side_frames.ts";
import { running } from "../../signals/lasting.ts";
import { effect, type ReadonlySignal, Signal } from "../../signals/signal.ts";
import { Player } from "../../watch/player.ts";
import type { SharedConnection } from "../../connection/relay_connection.ts";
import { MeetTile } from "./tile.ts";
import { part } from "../shared/parts.ts";

const SAID = ["buffering", "failed", "unsupported"];

/** Options of {@linkcode MeetPerson}. */
export interface MeetPersonOptions {
  /** Path below the room. */
  readonly path: string;
  /** Path of the broadcast. */
  readonly name: string;
  /** A share in the connection, which is released. */
  readonly shared: SharedConnection;
  /** Whether the page is in sight. */
  readonly isVisible: ReadonlySignal<boolean>;
}

/** Plays until it is closed. */
export class MeetPerson {
  /** Shows it. */
  readonly tile: MeetTile;
  /** Plays it. */
  readonly player: Player;
  readonly #path: string;
  readonly #preview = new Signal<Preview>({});
  readonly #position = new Signal<Position | undefined>(undefined);
  readonly #stops: readonly (() => void)[];

  /** Begins at once. */
  constructor(options: MeetPersonOptions) {
    const { path, name, shared, isVisible } = options;
    const canvas = part("canvas", "video");
    this.#path = path;
    this.tile = new MeetTile(canvas);
    this.player = new Player({ shared, name, canvas });
    this.#stops = [
      effect(() => this.player.visible.set(isVisible.get())),
      effect(() => this.#show()),
      effect(() => this.#follow(options)),
    ];
  }

  /** Where the person wants to be seen, if anywhere; watched when it is read in an effect. */
  position(): Position | undefined {
    return this.#position.get() ??
      this.player.catalog.get()?.location?.initial;
  }

  /** Ends it. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.player.close();
    this.tile.element.remove();
  }

  #follow({ shared, name }: MeetPersonOptions): (() => void) | void {
    const catalog = this.player.catalog.get();
    if (!catalog) return;
    return running(async (signal) => {
      try {
        const broadcast = shared.connection.remote.consume(name);
        const options = { catalog, signal };
        await Promise.all([
          keepNewest(consumePreviews(broadcast, options), this.#preview),
          keepNewest(consumePositions(broadcast, options), this.#position),
        ]);
      } catch {
        // The broadcast has gone again, which the player shows.
      }
    });
  }

  #show(): void {
    const catalog = this.player.catalog.get();
    const state = this.player.state();
    const has = (of?: { readonly renditions: object }): boolean =>
      Object.keys(of?.renditions ?? {}).length > 0;
    const hasVideo = has(catalog?.video);
    const hasMedia = hasVideo || has(catalog?.audio);
    const { audio, video = true, screen, speaking } = this.#preview.get();
    // Without media there is nothing to decode.
    const isSaid = hasMedia && video && SAID.includes(state.kind);
    this.tile.element.classList.toggle("screen", screen ?? false);
    this.tile.show({
      path: this.#path,
      user: catalog?.user,
      hasPicture: video && hasVideo &&
        this.player.shownRendition.get() !== undefined,
      hasSound: audio ?? has(catalog?.audio),
      isSpeaking: speaking ?? false,
      state: catalog ? isSaid ? state.text : "" : "Joining",
    });
  }
}

async function keepNewest<T>(
  values: AsyncIterable<T>,
  newest: Signal<T> | Signal<T | undefined>,
): Promise<void> {
  try {
    for await (const value of values) newest.set(value);
  } catch {
    // Ended, or not readable: what is known stays and the picture goes on.
  }
}
