/**
 * The Chrome DevTools Protocol over one WebSocket: commands with answers, and
 * events by session.
 *
 * @module
 */

/** What a command answers or an event says; its shape is the protocol's. */
export type Message = Readonly<Record<string, unknown>>;

/** An event of the browser or of one page. */
export interface CdpEvent {
  /** Name, as in "Page.loadEventFired". */
  readonly method: string;
  /** Its fields. */
  readonly params: Message;
  /** The page's session; absent for the browser's own. */
  readonly sessionId?: string;
}

interface Answer {
  readonly id: number;
  readonly result?: Message;
  readonly error?: { readonly message: string };
}

/** One connection to a browser. */
export class Cdp {
  readonly #socket: WebSocket;
  readonly #waiting: Map<number, PromiseWithResolvers<Message>> = new Map();
  readonly #listeners: Set<(event: CdpEvent) => void> = new Set();
  readonly #closed = Promise.withResolvers<void>();
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = () => this.#end();
  }

  /** Connects to the address that the browser printed; rejects when nothing answers there. */
  static async connect(url: string): Promise<Cdp> {
    const socket = new WebSocket(url);
    const opened = Promise.withResolvers<void>();
    socket.onopen = () => opened.resolve();
    socket.onerror = () =>
      opened.reject(new Error(`Expected a browser at ${url}, got none`));
    await opened.promise;
    return new Cdp(socket);
  }

  /** Sends a command, to a page when `sessionId` is given; rejects with the browser's message. */
  send(
    method: string,
    { params = {}, sessionId }: {
      readonly params?: Message;
      readonly sessionId?: string | undefined;
    } = {},
  ): Promise<Message> {
    const id = this.#nextId++;
    const waiting = Promise.withResolvers<Message>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return waiting.promise;
  }

  /** Hears every event; returns the function that ends it. */
  listen(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the connection; commands that wait are rejected. */
  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed.promise;
  }

  #receive(message: Answer | CdpEvent): void {
    if ("method" in message) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) waiting?.reject(new Error(message.error.message));
    else waiting?.resolve(message.result ?? {});
  }

  #end(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new Error("Expected an answer of the browser, it has closed"));
    }
    this.#waiting.clear();
    this.#closed.resolve();
  }
}
