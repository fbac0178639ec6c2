/**
 * One HTTP/3 connection on one of Deno's QUIC connections: how it begins and
 * ends. RFC 9114 sections 3, 5 and 6.2.1. A misbehaving peer loses at most this
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
  /** The connection below, for datagrams and new streams. */
  readonly quic: Deno.QuicConn;
  /** What the peer opens. */
  readonly incoming: Http3PeerStreams;
  /** Resolves once the connection has ended at either side; never rejects. */
  readonly closed: Promise<TransportClose>;
  /** Background work; a failure ends the connection. */
  readonly tasks: Tasks = new Tasks((_name, error) => this.fail(error));

  readonly #role: Role;
  readonly #log: Logger;
  readonly #closed = Promise.withResolvers<TransportClose>();
  // Critical streams must stay open, and the runtime closes streams without references.
  #control: SendStream | undefined;
  #end: TransportClose | undefined;

  /** Owns `quic`, whose ALPN must be h3. */
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
    this.tasks.run(
      "violations",
      this.incoming.violated.then((error) => this.fail(error)),
    );
    this.tasks.run("control", this.#openControl());
    quic.closed.then(
      (info) => this.#finish(closedByPeer(info)),
      (cause) => this.#finish(lost(cause)),
    );
  }

  /** How it ended, once it has. */
  get end(): TransportClose | undefined {
    return this.#end;
  }

  /** Why the connection has ended, as an error to throw. */
  get endError(): MoqError {
    const cause = this.#end?.error;
    if (cause instanceof MoqError) return cause;
    const reason = this.#end?.reason || "no reason given";
    return new MoqError("transport", `The connection has ended: ${reason}`);
  }

  /** Waits for the peer's SETTINGS; throws {@linkcode Http3Connection.endError} if the connection ends before. */
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

  /** Ends the connection because of `error`: with its code if the peer violated HTTP/3, else with H3_NO_ERROR. */
  fail(error: MoqError): void {
    const end = { reason: error.message, error };
    if (!(error instanceof Http3Error)) {
      return this.close(HTTP3_CODES.noError, end);
    }
    this.#log.warn?.("http3 violation", { role: this.#role, error });
    this.close(error.http3Code, end);
  }

  /** Sends CONNECTION_CLOSE with `wireCode` and the reason of `end`, and ends with `end`; idempotent, never throws. */
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

  async #openControl(): Promise<void> {
    try {
      const stream = await this.quic.createUnidirectionalStream({
        sendOrder: URGENT,
        waitUntilAvailable: true,
      });
      this.#control = new QuicSendStream(stream);
      this.#control.write(encodePrefix(STREAM.control));
      this.#control.write(encodeFrame(FRAME.settings, encodeSettings()));
    } catch (error) {
      this.#finish(lost(error));
    }
  }
}
