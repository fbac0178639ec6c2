/**
 * One connection per page and relay, shared by everything that plays from it,
 * with a watchdog of its own: browsers notice late that a relay has gone.
 *
 * @module
 */
import { connect, Connection, type ConnectionStatus } from "@moq-deno/lite";
import type { DialSessionOptions } from "@moq-deno/lite/internal";
import { running } from "../signals/lasting.ts";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";
import { pinnedHashes } from "./pinned_certificates.ts";
import { type Watch, watchSession } from "./watchdog.ts";

const INITIAL_DELAY_MS = 250;
const MAX_DELAY_MS = 3000;
// An element that moves within the page leaves and comes back.
const LINGER_MS = 2000;
// Streams may stop once by chance; a browser that does it again does it always.
const MAX_LOST_STREAMS = 1;

/** A share in a connection, which its user releases. */
export interface SharedConnection {
  /** The connection. */
  readonly connection: Connection;
  /** How it is doing. */
  readonly status: ReadonlySignal<ConnectionStatus>;
  /** Gives the share back; the last one ends the connection a little later. Idempotent. */
  release(): void;
}

/** Options of {@linkcode shareConnection}. */
export interface ShareOptions {
  /** What the page does over it: a relay announces nothing to publishers. Default "subscriber". */
  readonly role?: "subscriber" | "publisher" | "both" | undefined;
}

/** The connection of this page to the relay at `url` in this role, opened by its first user; throws `TypeError` for a bad URL. */
export function shareConnection(
  url: string | URL,
  { role = "subscriber" }: ShareOptions = {},
): SharedConnection {
  const { href } = new URL(url);
  const present = open.get(keyOf(href, role)) ?? new OpenConnection(href, role);
  return present.share();
}

type Role = NonNullable<ShareOptions["role"]>;

const open: Map<string, OpenConnection> = new Map();

function keyOf(href: string, role: Role): string {
  return `${role} ${href}`;
}

class OpenConnection {
  readonly connection: Connection;
  readonly status: Signal<ConnectionStatus>;
  readonly #key: string;
  #shares = 0;
  #lostStreams = 0;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(href: string, role: Role) {
    this.#key = keyOf(href, role);
    const dialer = {
      dial: async (options: DialSessionOptions) =>
        await connect(href, {
          ...options,
          role: role === "both" ? undefined : role,
          webSocketFirst: this.#lostStreams > MAX_LOST_STREAMS,
          serverCertificateHashes: await pinnedHashes(href, options.signal),
        }),
    };
    this.connection = new Connection(dialer, {
      initialDelayMs: INITIAL_DELAY_MS,
      maxDelayMs: MAX_DELAY_MS,
    });
    this.status = new Signal(this.connection.status);
    open.set(this.#key, this);
    running(() => this.#runStatuses()); // ends with the connection
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
    if (open.get(this.#key) === this) open.delete(this.#key);
  }

  async #runStatuses(): Promise<void> {
    let watch: Watch | undefined;
    for await (const status of this.connection.statuses()) {
      watch?.end();
      if (watch?.lostStreams) this.#lostStreams++;
      watch = status.state === "connected"
        ? watchSession(status.session)
        : undefined;
      this.status.set(status);
    }
    watch?.end();
    // The next user opens a new one.
    this.#forget();
  }
}
