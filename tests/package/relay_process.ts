/**
 * A relay as a separate process, and clients for it.
 *
 * @module
 */
import { openSession, PROTOCOLS, type Session } from "@moq-deno/lite";
import { connectWebSocket, type Transport } from "@moq-deno/lite/transport";
import { dial } from "@moq-deno/lite/deno";
import { type CommandLine, type ProcessOptions, Program } from "./process.ts";

/** A transport. */
export type Way = "quic" | "webtransport" | "websocket";

/** Options of {@linkcode RelayProcess.connect}. */
export interface WayOptions {
  /** Default raw QUIC. */
  readonly way?: Way;
  /** The ALPNs of the drafts to offer. Default all. */
  readonly protocols?: readonly string[];
}

const PATIENCE_MS = 20_000;

/** A running relay; disposal kills it. */
export class RelayProcess implements AsyncDisposable {
  readonly #program: Program;
  #address = "";
  #fingerprint = "";

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Starts `program` on a free loopback port and waits until it prints its address. */
  static async start(
    program: CommandLine,
    options: ProcessOptions,
  ): Promise<RelayProcess> {
    const [file, ...args] = program;
    const flags = ["--listen", "127.0.0.1:0", "--auth-public", "**"];
    const relay = new RelayProcess(
      new Program([file, ...args, ...flags], options),
    );
    try {
      await relay.#readGreeting();
      return relay;
    } catch (error) {
      await relay[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Its URL for clients that find out by themselves how to connect. */
  get url(): string {
    return `http://${this.#address}/`;
  }

  /** Opens a session. */
  async connect(options: WayOptions = {}): Promise<Session> {
    const { way = "quic", protocols = PROTOCOLS } = options;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return openSession(await this.#dial(way, { protocols, signal }));
  }

  #dial(
    way: Way,
    options: { readonly protocols: readonly string[]; signal: AbortSignal },
  ): Promise<Transport> {
    const address = this.#address;
    switch (way) {
      case "quic": {
        const serverCertificateHashes = [Uint8Array.fromHex(this.#fingerprint)];
        const url = new URL(`moqt://${address}`);
        return dial(url, { ...options, serverCertificateHashes });
      }
      case "webtransport":
        return dial(new URL(`http://${address}`), options);
      case "websocket":
        return connectWebSocket(`ws://${address}`, options);
    }
  }

  /** Sends SIGTERM, as a service manager does; returns its exit code. */
  stop(): Promise<number> {
    return this.#program.stop("SIGTERM");
  }

  /** Kills it if it is still running. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }

  async #readGreeting(): Promise<void> {
    const [, address = ""] = await this.#program.prints(
      /^ *listening +(127\.0\.0\.1:\d+)/m,
    );
    const [, fingerprint = ""] = await this.#program.prints(
      /sha-256 ([0-9a-f]{64})\n/,
    );
    this.#address = address;
    this.#fingerprint = fingerprint;
  }
}
