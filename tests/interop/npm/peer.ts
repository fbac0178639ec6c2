/**
 * A client built on the npm package `@moq/net` that a test controls, in Deno or in a
 * page. Every argument and every result is JSON.
 *
 * @module
 */

import { type GroupEnd, GroupLog, type GroupWatcher } from "../group_log.ts";

/** The part of `@moq/net` in use. */
export interface Net {
  /** Broadcasts. */
  readonly Broadcast: { readonly Producer: new () => NetBroadcast };
  /** Connections. */
  readonly Connection: {
    connect(url: URL, options: object): Promise<NetConnection>;
  };
  /** Paths, which only the package can create. */
  readonly Path: { from(path: string): unknown };
  /** Times, likewise. */
  readonly Time: { readonly Timestamp: { fromMillis(ms: number): unknown } };
}

interface NetConnection {
  readonly version: string;
  readonly closed: Promise<void>;
  announced(): NetAnnounced;
  publish(path: unknown, broadcast: NetBroadcast): void;
  consume(
    path: unknown,
  ): { track(name: string): { subscribe(wish?: object): NetReader } };
  close(): void;
}

interface NetAnnounced {
  next(): Promise<Announced | undefined>;
}

interface NetBroadcast {
  createTrack(name: string): NetTrack;
  close(): void;
}

interface NetTrack {
  appendGroup(): NetGroup;
  appendDatagram(timestamp: unknown, payload: Uint8Array): number;
  close(): void;
}

interface NetGroup {
  writeString(text: string): void;
  close(error?: Error): void;
}

/** A subscription of the package. */
export interface NetReader {
  readString(): Promise<string | undefined>;
  recvGroup(): Promise<NetGroupReader | undefined>;
  recvDatagram(): Promise<{ readonly payload: Uint8Array } | undefined>;
  close(): void;
}

interface NetGroupReader {
  readString(): Promise<string | undefined>;
  readFrame(): Promise<
    { readonly timestamp: { asMillis(): number } } | undefined
  >;
}

/** How a peer connects. */
export interface ConnectHow {
  /** Subprotocols for WebTransport; `undefined` for its own list, `false` to disable WebTransport. */
  readonly webTransport?: readonly string[] | false;
  /** Subprotocols for WebSocket; `undefined` for its own list, `false` to disable WebSocket. */
  readonly webSocket?: readonly string[] | false;
}

/** The start or end of a broadcast. */
export interface Announced {
  /** Its path. */
  readonly path: string;
  /** Whether it started. */
  readonly active: boolean;
}

/** What a test can ask of a peer. */
export interface Peer extends GroupWatcher {
  /** Connects; returns the name of the agreed version. */
  connect(url: string, how?: ConnectHow): Promise<string>;
  /** Publishes a broadcast with one track. */
  publish(path: string, track: string): Promise<void>;
  /** Starts a group, and ends the one before. */
  group(): Promise<void>;
  /** Writes a frame to the group. */
  write(text: string): Promise<void>;
  /** Ends the group with an error. */
  cut(): Promise<void>;
  /** Sends a frame as a datagram. */
  datagram(text: string): Promise<void>;
  /** Ends the group and the track. */
  finish(): Promise<void>;
  /** Ends the broadcast. */
  unpublish(): Promise<void>;
  /** Waits for the next announcement. */
  announced(): Promise<Announced | undefined>;
  /** Subscribes. */
  watch(path: string, track: string): Promise<void>;
  /** Waits for the next frame of any group; `undefined` at the end of the track. */
  read(): Promise<string | undefined>;
  /** Datagrams received since {@linkcode Peer.watchGroups}. */
  datagrams(): Promise<number>;
  /** Subscribes, and logs how each group begins and ends, including datagrams. */
  watchGroups(path: string, track: string): Promise<void>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** A peer that uses the npm package. */
export class NpmPeer implements Peer {
  readonly #net: Net;
  #connection: NetConnection | undefined;
  #announced: NetAnnounced | undefined;
  #broadcast: NetBroadcast | undefined;
  #track: NetTrack | undefined;
  #group: NetGroup | undefined;
  #watched: NetReader | undefined;
  readonly #log = new GroupLog();
  #datagrams = 0;

  /** A peer that uses `net`. */
  constructor(net: Net) {
    this.#net = net;
  }

  async connect(
    url: string,
    { webTransport, webSocket }: ConnectHow = {},
  ): Promise<string> {
    const restore = [
      webTransport === false ? replace("WebTransport", undefined) : () => {},
      // The package prefers the newer of two WebSocket APIs if both exist.
      webSocket ? replace("WebSocketStream", undefined) : () => {},
      webSocket ? replace("WebSocket", offering(webSocket)) : () => {},
    ];
    try {
      this.#connection = await this.#net.Connection.connect(new URL(url), {
        websocket: { enabled: webSocket !== false },
        webtransport: webTransport ? { protocols: [...webTransport] } : {},
      });
    } finally {
      for (const undo of restore) undo();
    }
    return this.#connection.version;
  }

  publish(path: string, track: string): Promise<void> {
    this.#broadcast = new this.#net.Broadcast.Producer();
    this.#track = this.#broadcast.createTrack(track);
    this.#connection!.publish(this.#net.Path.from(path), this.#broadcast);
    return Promise.resolve();
  }

  group(): Promise<void> {
    this.#group?.close();
    this.#group = this.#track!.appendGroup();
    return Promise.resolve();
  }

  write(text: string): Promise<void> {
    this.#group!.writeString(text);
    return Promise.resolve();
  }

  cut(): Promise<void> {
    this.#group!.close(new Error("Cut by the test"));
    this.#group = undefined;
    return Promise.resolve();
  }

  datagram(text: string): Promise<void> {
    const timestamp = this.#net.Time.Timestamp.fromMillis(7);
    this.#track!.appendDatagram(timestamp, new TextEncoder().encode(text));
    return Promise.resolve();
  }

  finish(): Promise<void> {
    this.#group?.close();
    this.#track!.close();
    return Promise.resolve();
  }

  unpublish(): Promise<void> {
    this.#broadcast!.close();
    return Promise.resolve();
  }

  async announced(): Promise<Announced | undefined> {
    this.#announced ??= this.#connection!.announced();
    return await this.#announced.next();
  }

  watch(path: string, track: string): Promise<void> {
    const broadcast = this.#connection!.consume(this.#net.Path.from(path));
    this.#watched = broadcast.track(track).subscribe();
    return Promise.resolve();
  }

  async read(): Promise<string | undefined> {
    return await this.#watched!.readString();
  }

  watchGroups(path: string, track: string): Promise<void> {
    const broadcast = this.#connection!.consume(this.#net.Path.from(path));
    const subscription = broadcast.track(track).subscribe();
    // Both run until the connection ends.
    void this.#logGroups(subscription);
    void this.#logDatagrams(subscription);
    return Promise.resolve();
  }

  async #logGroups(track: NetReader): Promise<void> {
    try {
      for (let group; (group = await track.recvGroup());) {
        void this.#log.read(stringsOf(group)); // Never rejects.
      }
    } catch {
      // The connection was closed; nothing waits for this.
    }
  }

  async #logDatagrams(track: NetReader): Promise<void> {
    try {
      for (let datagram; (datagram = await track.recvDatagram());) {
        this.#datagrams++;
        const { payload } = datagram;
        void this.#log.read(once(new TextDecoder().decode(payload))); // Never rejects.
      }
    } catch {
      // As above.
    }
  }

  datagrams(): Promise<number> {
    return Promise.resolve(this.#datagrams);
  }

  /** A subscription, for tests in the same program. */
  subscribe(
    path: string,
    { name, priority }: { readonly name: string; readonly priority: number },
  ): NetReader {
    const broadcast = this.#connection!.consume(this.#net.Path.from(path));
    return broadcast.track(name).subscribe({ priority });
  }

  begun(name: string): Promise<void> {
    return this.#log.begun(name);
  }

  ended(name: string): Promise<GroupEnd> {
    return this.#log.ended(name);
  }

  async close(): Promise<void> {
    this.#connection!.close();
    await this.#connection!.closed;
  }
}

async function* stringsOf(
  group: NetGroupReader,
): AsyncGenerator<string, void> {
  for (let text; (text = await group.readString()) !== undefined;) yield text;
}

async function* once(text: string): AsyncGenerator<string, void> {
  yield text;
}

/** Replaces a global by `value`; returns a function that restores it. */
function replace(name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  if (!before) return () => {};
  Object.defineProperty(globalThis, name, { value, configurable: true });
  return () => Object.defineProperty(globalThis, name, before);
}

/** A `WebSocket` class that always offers `subprotocols`. */
function offering(subprotocols: readonly string[]): typeof WebSocket {
  return class extends WebSocket {
    constructor(url: string | URL) {
      super(url, [...subprotocols]);
    }
  };
}
