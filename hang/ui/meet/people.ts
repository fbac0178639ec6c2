/**
 * The others in a room, as they come and go: a player and a tile for each.
 *
 * @module
 */
import { joinPath } from "@moq-deno/lite";
import { RoomPaths } from "../../meet/room_paths.ts";
import { effect, type ReadonlySignal, Signal } from "../../signals/signal.ts";
import {
  shareConnection,
  type SharedConnection,
} from "../../connection/relay_connection.ts";
import { MeetPerson } from "./person.ts";

/** Options of {@linkcode MeetPeople}. */
interface MeetPeopleOptions {
  /** The relay. */
  readonly url: string;
  /** Path of the room. */
  readonly room: string;
  /** The own path below the room, which is left out. */
  readonly own: string | undefined;
  /** How many are shown at most. */
  readonly most: number;
  /** Where the tiles go. */
  readonly grid: HTMLElement;
  /** Whether the page is in sight. */
  readonly isVisible: ReadonlySignal<boolean>;
}

/** Follows a room until it is closed. */
export class MeetPeople {
  readonly #options: MeetPeopleOptions;
  /** The connection to the relay. */
  readonly shared: SharedConnection;
  readonly #paths: RoomPaths;
  readonly #people: Map<string, MeetPerson> = new Map();
  /** Those who are shown. */
  readonly shown: Signal<readonly MeetPerson[]> = new Signal([]);
  readonly #stop: () => void;

  /** Begins at once. */
  constructor(options: MeetPeopleOptions) {
    const { room, own } = options;
    this.#options = options;
    this.shared = this.#share();
    const scope = this.shared.connection.remote.scope();
    this.#paths = new RoomPaths({ scope, room, own });
    this.#stop = effect(() => this.#follow());
  }

  /** How many there are, shown or not; watched when it is read in an effect. */
  count(): number {
    return this.#paths.now.get().length;
  }

  /** Closes all players and gives the connection back. Idempotent. */
  close(): void {
    this.#stop();
    this.#paths.close();
    for (const person of this.#people.values()) person.close();
    this.#people.clear();
    this.shared.release();
  }

  #share(): SharedConnection {
    return shareConnection(this.#options.url, { role: "both" });
  }

  #follow(): void {
    const paths = this.#paths.now.get().slice(0, this.#options.most);
    for (const [path, person] of this.#people) {
      if (paths.includes(path)) continue;
      person.close();
      this.#people.delete(path);
    }
    for (const path of paths) {
      if (!this.#people.has(path)) this.#add(path);
    }
    this.shown.set([...this.#people.values()]);
  }

  #add(path: string): void {
    const { room, grid, isVisible } = this.#options;
    const name = joinPath(room, path);
    const shared = this.#share();
    const person = new MeetPerson({ path, name, shared, isVisible });
    this.#people.set(path, person);
    grid.append(person.tile.element);
  }
}
