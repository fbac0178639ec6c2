/**
 * Oneself in a meeting: camera and microphone, published with a chat in the
 * same broadcast, and a tile with the preview.
 *
 * @module
 */
import { joinPath } from "@moq-deno/lite";
import type { Position, User } from "../../catalog/room.ts";
import { ChatRoom } from "../../chat/chat_room.ts";
import { ChatWriter } from "../../chat/chat_writer.ts";
import { Capture } from "../../publish/capture.ts";
import { Publisher } from "../../publish/publisher.ts";
import { isScreen } from "../../publish/video_feed.ts";
import { effect, type ReadonlySignal } from "../../signals/signal.ts";
import type { SharedConnection } from "../../connection/relay_connection.ts";
import { MeetTile } from "./tile.ts";
import { part } from "../shared/parts.ts";

/** Options of {@linkcode MeetOwn}. */
export interface MeetOwnOptions {
  /** Path of the room. */
  readonly room: string;
  /** The own path below the room. */
  readonly name: string;
  /** Who one is. */
  readonly user: ReadonlySignal<User>;
  /** Where one is seen in a window; `undefined` in a grid. */
  readonly position: ReadonlySignal<Position | undefined>;
  /** A share in the connection, which is released. */
  readonly shared: SharedConnection;
}

/** Publishes until it is closed. */
export class MeetOwn {
  /** Shows it. */
  readonly tile: MeetTile;
  /** What is captured. */
  readonly capture: Capture = new Capture();
  /** What is published. */
  readonly publisher: Publisher;
  /** The room to write in. */
  readonly chat: ChatRoom;
  readonly #video = part("video", "video");
  readonly #writer: ChatWriter;
  readonly #options: MeetOwnOptions;
  readonly #stops: readonly (() => void)[];

  /** Begins at once. */
  constructor(options: MeetOwnOptions) {
    const { room, name, shared } = options;
    this.#options = options;
    const video = this.#video;
    Object.assign(video, { muted: true, playsInline: true, autoplay: true });
    this.tile = new MeetTile(video);
    this.tile.element.classList.add("own");
    this.publisher = new Publisher({
      shared,
      name: joinPath(room, name),
      video: this.capture.video,
      audio: this.capture.audio,
      announce: "always",
    });
    const writer = new ChatWriter(this.publisher.broadcast);
    this.#writer = writer;
    this.publisher.sections.set({ chat: writer.section });
    const remote = shared.connection.remote.scope();
    this.chat = new ChatRoom({ room, name, writer, remote });
    this.#stops = [
      effect(() => this.#introduce()),
      effect(() => this.#preview()),
      effect(() => this.#show()),
    ];
  }

  /** Ends it. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.chat.close();
    this.#writer.close();
    this.publisher.close();
    this.capture.close();
    this.#video.srcObject = null;
    this.tile.element.remove();
  }

  #introduce(): void {
    const user = this.#options.user.get();
    this.publisher.presence.user.set(user);
    this.publisher.presence.position.set(this.#options.position.get());
    this.chat.user.set(user);
  }

  #preview(): void {
    const track = this.capture.video.get();
    this.#video.srcObject = track ? new MediaStream([track]) : null;
    // As in a mirror; what others see is not mirrored.
    this.#video.classList.toggle(
      "mirrored",
      track !== undefined && !isScreen(track),
    );
    this.tile.element.classList.toggle("screen", isScreen(track));
  }

  #show(): void {
    const { capture, publisher } = this;
    const { name, user } = this.#options;
    this.tile.show({
      path: name,
      user: { ...user.get(), name: `${user.get().name ?? name} (you)` },
      hasPicture: capture.video.get() !== undefined,
      hasSound: capture.audio.get() !== undefined,
      isSpeaking: publisher.isSpeaking(),
      state: capture.isAsking()
        ? "Allow camera and microphone"
        : capture.problem()?.text ?? "",
    });
  }
}
