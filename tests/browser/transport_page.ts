/**
 * A page's end of a WebTransport session, told what to do by a test: every
 * argument and every result is JSON.
 *
 * @module
 */
import {
  BroadcastProducer,
  connect,
  type GroupProducer,
  type MoqError,
  type Session,
  type TrackProducer,
} from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import {
  type BidiStream,
  connectBrowserWebTransport,
  type ReceiveStream,
  type SendStream,
  type Transport,
} from "@moq-deno/lite/transport";

/** What became of a flood of streams. */
export interface Flood {
  /** Streams that were opened. */
  readonly opened: number;
  /** Why there were no more. */
  readonly code: string;
}

/** The page's end. */
export class PageTransport {
  #transport: Transport | undefined;
  #uni: AsyncIterator<ReceiveStream> | undefined;
  #bidi: AsyncIterator<BidiStream> | undefined;
  #datagrams: AsyncIterator<Uint8Array> | undefined;
  readonly #open: SendStream[] = [];
  #begun: SendStream | undefined;

  /** Connects; answers with the subprotocol. */
  async connect(
    url: string,
    hash: string,
    protocols: readonly string[],
  ): Promise<string | undefined> {
    const transport = await connectBrowserWebTransport(new URL(url), {
      protocols,
      serverCertificateHashes: [Uint8Array.fromHex(hash)],
    });
    this.#transport = transport;
    this.#uni = transport.incomingUni[Symbol.asyncIterator]();
    this.#bidi = transport.incomingBidi[Symbol.asyncIterator]();
    this.#datagrams = transport.datagrams?.incoming[Symbol.asyncIterator]();
    return transport.protocol;
  }

  /** A stream with `text` to its end. */
  async sayUni(text: string): Promise<void> {
    const stream = await this.#transport!.openUni();
    stream.write(new TextEncoder().encode(text));
    stream.close();
  }

  /** What is on the next stream of the peer. */
  async hearUni(): Promise<string> {
    return await readAll((await this.#uni!.next()).value!);
  }

  /** A stream in both directions with `text` to its end; answers with what came back. */
  async ask(text: string): Promise<string> {
    const { send, receive } = await this.#transport!.openBidi();
    send.write(new TextEncoder().encode(text));
    send.close();
    return await readAll(receive);
  }

  /** Gives back what the peer says on its next stream in both directions. */
  async answer(): Promise<void> {
    const { send, receive } = (await this.#bidi!.next()).value!;
    send.write(new TextEncoder().encode(await readAll(receive)));
    send.close();
  }

  /** Begins a stream and leaves it open. */
  async begin(): Promise<void> {
    this.#begun = await this.#transport!.openUni();
    this.#begun.write(Uint8Array.of(1));
  }

  /** Resets the stream begun last. */
  reset(code: number): void {
    this.#begun!.reset(code);
  }

  /** Stops the next stream of the peer. */
  async stop(code: number): Promise<void> {
    const { value } = await this.#uni!.next();
    await value!.read(new Uint8Array(1));
    value!.stop(code);
  }

  /** Begins a stream and waits until the peer stops it. */
  async awaitStop(): Promise<number | undefined> {
    const stream = await this.#transport!.openUni();
    stream.write(Uint8Array.of(1));
    return await stream.stopped;
  }

  /** Sends a datagram, and waits for one. */
  async exchangeDatagrams(text: string): Promise<string> {
    this.#transport!.datagrams!.send(new TextEncoder().encode(text));
    const { value } = await this.#datagrams!.next();
    return new TextDecoder().decode(value);
  }

  /** Opens streams and leaves them open, until no more can be opened. */
  async flood(): Promise<Flood> {
    for (;;) {
      try {
        const stream = await this.#transport!.openUni();
        stream.write(Uint8Array.of(1));
        this.#open.push(stream);
      } catch (error) {
        return { opened: this.#open.length, code: asMoqError(error).code };
      }
    }
  }

  /** Ends the streams of the flood. */
  recede(): void {
    for (const stream of this.#open.splice(0)) stream.close();
  }

  /** Ends the session. */
  close(code: number, reason: string): void {
    this.#transport!.close(code, reason);
  }

  /** How it ended. */
  async closed(): Promise<{ readonly code?: number; readonly reason: string }> {
    const { code, reason } = await this.#transport!.closed;
    return code === undefined ? { reason } : { code, reason };
  }
}

async function readAll(stream: ReceiveStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const bytes = await stream.read(new Uint8Array(1024));
    if (!bytes) return text + decoder.decode();
    text += decoder.decode(bytes, { stream: true });
  }
}

/** A session with a relay. */
export class PageSession {
  #session: Session | undefined;
  #track: TrackProducer | undefined;
  readonly #open: GroupProducer[] = [];

  /** Connects over WebTransport alone. */
  async connect(url: string): Promise<string> {
    const webSocketDelayMs = Infinity;
    this.#session = await connect(url, { webSocketDelayMs });
    return this.#session.version;
  }

  /** What it ended with; `undefined` after an orderly end. */
  async closed(): Promise<Pick<MoqError, "code" | "message"> | undefined> {
    const error = await this.#session!.closed;
    return error && { code: error.code, message: error.message };
  }

  /** Publishes a broadcast with one track. */
  publish(path: string, track: string): void {
    const broadcast = new BroadcastProducer();
    this.#track = broadcast.createTrack(track);
    this.#session!.publish(path, broadcast);
  }

  /** Begins groups that go on. */
  begin(count: number): void {
    for (let left = count; left > 0; left--) this.#open.push(this.#group());
  }

  /** Ends the groups that go on. */
  end(): void {
    for (const group of this.#open.splice(0)) group.close();
  }

  /** One whole group. */
  one(): void {
    this.#group().close();
  }

  #group(): GroupProducer {
    const group = this.#track!.group();
    group.writeFrame({ timestamp: 0, payload: Uint8Array.of(1) });
    return group;
  }
}

Object.assign(globalThis, {
  transport: new PageTransport(),
  session: new PageSession(),
});
