/**
 * The person behind a broadcast, for rooms: who it is, where in the room, and
 * whether the person types; and a summary of all that for lists. hang catalog
 * of 2025: sections `user`, `location`, `chat.typing` and `preview`.
 *
 * @module
 */
import type { BroadcastProducer, TrackProducer } from "@moq-deno/lite";
import type { Catalog } from "../catalog/catalog.ts";
import {
  type Position,
  SIDE_TRACK_PRIORITY,
  TYPING_TRACK,
  type User,
} from "../catalog/room.ts";
import type { Preview } from "../catalog/room_frames.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";

/** Name of the track with the summary; each frame is a `Preview` in JSON. */
export const PREVIEW_TRACK = "preview.json";
/** Name of the track with the position; each frame is a `Position` in JSON. */
export const LOCATION_TRACK = "location/window.json";

const { preview, location, typing } = SIDE_TRACK_PRIORITY;
const TRACKS = {
  preview: { name: PREVIEW_TRACK, priority: preview },
  location: { name: LOCATION_TRACK, priority: location },
  typing: { name: TYPING_TRACK, priority: typing },
};
const encoder = new TextEncoder();

/** What the summary says of the media. */
export interface PresenceMedia {
  /** Whether there is sound. */
  readonly audio: boolean;
  /** Whether there is a picture. */
  readonly video: boolean;
  /** Whether the picture is a screen. */
  readonly screen: boolean;
  /** Whether the person seems to speak. */
  readonly speaking: boolean;
}

/** Publishes what is set; sections whose signal was never set are left out. Set a signal at any time. */
export class Presence {
  /** Who it is. */
  readonly user: Signal<User | undefined> = new Signal(undefined);
  /** Where the person is. */
  readonly position: Signal<Position | undefined> = new Signal(undefined);
  /** Under this name others may move the person. */
  readonly handle: Signal<string | undefined> = new Signal(undefined);
  /** Whether the person types. */
  readonly isTyping: Signal<boolean | undefined> = new Signal(undefined);
  readonly #broadcast: BroadcastProducer;
  readonly #media: ReadonlySignal<PresenceMedia>;
  readonly #tracks: Map<string, SideTrack> = new Map();
  readonly #stops: readonly (() => void)[];

  /** Tracks are made in `broadcast` when there is something to say. */
  constructor(
    broadcast: BroadcastProducer,
    media: ReadonlySignal<PresenceMedia>,
  ) {
    this.#broadcast = broadcast;
    this.#media = media;
    this.#stops = [
      effect(() => this.#writePreview()),
      effect(() => this.#writePosition()),
      effect(() => this.#writeTyping()),
    ];
  }

  /** The sections of the catalog, watched when they are read in an effect. */
  sections(): Pick<Catalog, "user" | "location" | "chat" | "preview"> {
    const user = this.user.get();
    const initial = this.position.get();
    const handle = this.handle.get();
    const isTyping = this.isTyping.get();
    return {
      ...(user && { user, preview: TRACKS.preview }),
      ...(initial && {
        location: {
          initial,
          track: TRACKS.location,
          ...(handle !== undefined && { handle }),
        },
      }),
      ...(isTyping !== undefined && { chat: { typing: TRACKS.typing } }),
    };
  }

  /** Ends the tracks. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
    for (const track of this.#tracks.values()) track.close();
  }

  #writePreview(): void {
    const user = this.user.get();
    if (!user) return;
    const isTyping = this.isTyping.get();
    const preview: Preview = {
      ...(user.name !== undefined && { name: user.name }),
      ...(user.avatar !== undefined && { avatar: user.avatar }),
      ...(isTyping !== undefined && { typing: isTyping }),
      ...this.#media.get(),
    };
    this.#track("preview").writeJson(preview);
  }

  #writePosition(): void {
    const position = this.position.get();
    if (position) this.#track("location").writeJson(position);
  }

  #writeTyping(): void {
    const isTyping = this.isTyping.get();
    if (isTyping === undefined) return;
    this.#track("typing").write(Uint8Array.of(Number(isTyping)));
  }

  #track(of: keyof typeof TRACKS): SideTrack {
    const { name, priority } = TRACKS[of];
    const present = this.#tracks.get(name);
    if (present) return present;
    const made = new SideTrack(this.#broadcast.createTrack(name, { priority }));
    this.#tracks.set(name, made);
    return made;
  }
}

/** One value at a time, each a group; the same one twice is written once. */
class SideTrack {
  readonly #track: TrackProducer;
  #last = "";

  constructor(track: TrackProducer) {
    this.#track = track;
  }

  writeJson(value: Preview | Position): void {
    this.write(encoder.encode(JSON.stringify(value)));
  }

  write(payload: Uint8Array): void {
    const hex = payload.toHex();
    if (hex === this.#last) return;
    this.#last = hex;
    this.#track.writeFrame({ timestamp: 0, payload });
  }

  close(): void {
    this.#track.close();
  }
}
