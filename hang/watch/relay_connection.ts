/**
 * One connection per page and relay, shared by everything that plays from it,
 * with a watchdog of its own: browsers notice late that a relay has gone.
 *
 * @module
 */
import {
  type Connection,
  type ConnectionStatus,
  reconnect,
} from "@moq-deno/lite";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";
import { watchSession } from "./watchdog.ts";

const INITIAL_DELAY_MS = 250;
const MAX_DELAY_MS = 3000;
// An element that moves within the page leaves and comes back.
const LINGER_MS = 2000;

/** A share in a connection; whoever took it releases it. */
export interface SharedConnection {
  /** The connection. */
  readonly connection: Connection;
  /** How it is doing. */
  readonly status: ReadonlySignal<ConnectionStatus>;
  /** Gives the share back; the last one ends the connection a little later. Idempotent. */
  release(): void;
}

/** The connection of this page to the relay at `url`, made when nobody has one yet; throws `TypeError` for a bad URL. */
export function shareConnection(url: string | URL): SharedConnection {
  const { href } = new URL(url);
  const present = open.get(href) ?? new OpenConnection(href);
  return present.share();
}

const open: Map<string, OpenConnection> = new Map();

class OpenConnection {
  readonly connection: Connection;
  readonly status: Signal<ConnectionStatus>;
  readonly #href: string;
  #shares = 0;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(href: string) {
    this.#href = href;
    this.connection = reconnect(href, {
      role: "subscriber",
      initialDelayMs: INITIAL_DELAY_MS,
      maxDelayMs: MAX_DELAY_MS,
    });
    this.status = new Signal(this.connection.status);
    open.set(href, this);
    void this.#runStatuses(); // ends with the connection and does not fail
  }

  share(): SharedConnection {
    this.#shares++;
    clearTimeout(this.#linger);
    let isReleased = false;
    return {
      connection: this.connection,
      status: this.status,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (--this.#shares === 0) this.#closeSoon();
      },
    };
  }

  #closeSoon(): void {
    this.#linger = setTimeout(() => {
      this.#forget();
      this.connection.close();
    }, LINGER_MS);
  }

  #forget(): void {
    if (open.get(this.#href) === this) open.delete(this.#href);
  }

  async #runStatuses(): Promise<void> {
    let unwatch: (() => void) | undefined;
    for await (const status of this.connection.statuses()) {
      unwatch?.();
      unwatch = status.state === "connected"
        ? watchSession(status.session)
        : undefined;
      this.status.set(status);
    }
    unwatch?.();
    // Whoever comes now begins anew.
    this.#forget();
  }
}
