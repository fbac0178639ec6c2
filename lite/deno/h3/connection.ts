/**
 * One HTTP/3 connection on a QUIC connection of Deno: how it begins and ends.
 * RFC 9114 sections 3, 5 and 6.2.1. Whatever the peer does ends at most this
 * connection.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { onAbort } from "../../signal.ts";
import { type Logger, SILENT } from "../../log.ts";
import { Tasks } from "../../tasks.ts";
import type { SendStream, TransportClose } from "../../transport/transport.ts";
import { QuicSendStream } from "../streams.ts";
import { closedByPeer, lost } from "./connection_end.ts";
import { HTTP3_CODES, Http3Error } from "./error.ts";
import { encodeFrame, encodePrefix, FRAME, STREAM, URGENT } from "./frames.ts";
import {
  Http3PeerStreams,
  type PeerStreamsOptions,
  type Role,
} from "./peer_streams.ts";
import { encodeSettings, type Settings } from "./settings.ts";

/** Runs from construction until {@linkcode Http3Connection.closed}. */
export class Http3Connection {
  /** The connection below; datagrams and new streams are its user's business. */
  readonly quic: Deno.QuicConn;
  /** What the peer opens. */
  readonly incoming: Http3PeerStreams;
  /** Resolves once the connection has ended, whoever ended it; never rejects. */
  readonly closed: Promise<TransportClose>;
  /** What runs beside it; a failure ends the connection. */
  readonly tasks: Tasks = new Tasks((_name, error) => this.fail(error));

  readonly #role: Role;
  readonly #log: Logger;
  readonly #closed = Promise.withResolvers<TransportClose>();
  // Critical streams must stay open, and the runtime closes what nobody refers to.
  #control: SendStream | undefined;
  #end: TransportClose | undefined;

  /** Takes over `quic`, whose ALPN must be h3. */
  constructor(
    quic: Deno.QuicConn,
    role: Role,
    options: PeerStreamsOptions = {},
  ) {
    this.quic = quic;
    this.#role = role;
    this.#log = options.log ?? SILENT;
    this.closed = this.#closed.promise;
    this.incoming = new Http3PeerStreams(quic, role, options);
    this.tasks.run("violations", this.#runViolations());
    this.tasks.run("control", this.#openControl());
    quic.closed.then(
      (info) => this.#finish(closedByPeer(info)),
      (cause) => this.#finish(lost(cause)),
    );
  }

  /** How it ended, when it has. */
  get end(): TransportClose | undefined {
    return this.#end;
  }

  /** Why nothing more can be expected of this connection. */
  get endError(): MoqError {
    const cause = this.#end?.error;
    if (cause instanceof MoqError) return cause;
    const reason = this.#end?.reason || "no reason given";
    return new MoqError("transport", `The connection has ended: ${reason}`);
  }

  /** Waits for the peer's SETTINGS; throws {@linkcode Http3Connection.endError} when the connection ends before. */
  async settings(): Promise<Settings> {
    const settings = await this.incoming.settings();
    if (!settings) throw this.endError;
    return settings;
  }

  /** Ends the connection with `reason` as `MoqError("timeout")` when `signal` aborts; returns the function that undoes it. */
  closeOn(signal: AbortSignal, reason: string): () => void {
    return onAbort(signal, () => {
      const error = new MoqError("timeout", reason);
      this.close(HTTP3_CODES.noError, { reason, error });
    });
  }

  /** Ends the connection because of `error`: with its code when the peer broke HTTP/3, else with H3_NO_ERROR. */
  fail(error: MoqError): void {
    const end = { reason: error.message, error };
    if (!(error instanceof Http3Error)) {
      return this.close(HTTP3_CODES.noError, end);
    }
    this.#log.warn?.("peer broke http3", { role: this.#role, error });
    this.close(error.http3Code, end);
  }

  /** Sends CONNECTION_CLOSE with a number of the wire and the reason of `end`, which is reported; idempotent, never throws. */
  close(wireCode: number, end: TransportClose): void {
    if (this.#end) return;
    this.#finish(end);
    this.quic.close({ closeCode: wireCode, reason: end.reason });
  }

  #finish(end: TransportClose): void {
    if (this.#end) return;
    this.#end = end;
    this.incoming.end();
    this.#closed.resolve(end);
  }

  async #runViolations(): Promise<void> {
    this.fail(await this.incoming.violated);
  }

  async #openControl(): Promise<void> {
    try {
      const stream = await this.quic.createUnidirectionalStream({
        sendOrder: URGENT,
        waitUntilAvailable: true,
      });
      this.#control = new QuicSendStream(
        stream,
      );
      this.#control.write(encodePrefix(STREAM.control));
      this.#control.write(encodeFrame(FRAME.settings, encodeSettings()));
    } catch (error) {
      this.#finish(lost(error));
    }
  }
}
