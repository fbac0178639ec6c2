/**
 * The viewer without a screen: receives the broadcast through the relay,
 * measures it, and writes it to a file if asked. Whatever ends a measurement,
 * the next one begins; only the signal and the end of the media end the viewer.
 *
 * @module
 */
import {
  type Connection,
  MoqError,
  protocolOf,
  type Route,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import {
  type SubscribedMedia,
  subscribeMedia,
  writeMedia,
} from "@moq-deno/hang/media";
import { Meter, type Reading } from "./meter.ts";
import { printLine, printOver } from "./terminal.ts";

const RETRY_MS = 1000;

/** Options of {@linkcode watch}. */
export interface WatchOptions {
  /** Path of the broadcast. */
  readonly name: string;
  /** Hop id of the publisher to measure: another publisher's pictures have another clock. */
  readonly publisher: bigint;
  /** `performance.now()` when media time 0 was due. */
  readonly startMs: () => number;
  /** Whether all media has been published, so that an end of the tracks is the end. */
  readonly isOver: () => boolean;
  /** Where to write what was received. */
  readonly out: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Watches until the media is over or the signal aborts, with a line of numbers each second; then throws what was wrong with the file, if anything. */
export async function watch(
  connection: Connection,
  options: WatchOptions,
): Promise<void> {
  await new Viewer(connection, options).run();
}

class Viewer {
  readonly #connection: Connection;
  readonly #options: WatchOptions;
  readonly #meter: Meter;
  readonly #over = new AbortController();
  #parts = 0;
  #failure: unknown;
  // Whether the broadcast has gone and nothing was said of that.
  #isLost = false;
  #measuring:
    | { readonly end: AbortController; readonly done: Promise<void> }
    | undefined;

  constructor(connection: Connection, options: WatchOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#meter = new Meter(options.startMs);
  }

  async run(): Promise<void> {
    const { name, signal } = this.#options;
    const timer = setInterval(() => this.#showProgress(), 1000);
    const end = AbortSignal.any([signal, this.#over.signal]);
    try {
      const events = this.#connection.announced(name, end);
      for await (const { kind, path, route } of events) {
        if (path !== "") continue;
        await this.#follow(kind === "end" ? undefined : route);
      }
    } finally {
      clearInterval(timer);
      await this.#stop();
    }
    printLine(`done: ${progress(this.#meter.read())}`);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Measures while the broadcast is that of the demo's own publisher. */
  async #follow(route: Route | undefined): Promise<void> {
    const { name, publisher } = this.#options;
    const isOwn = route?.hops[0] === publisher;
    // Another way to the same publisher interrupts nothing.
    if (isOwn && this.#measuring) return;
    this.#isLost = await this.#stop() || this.#isLost;
    if (isOwn) return this.#begin();
    if (!route) return;
    this.#isLost = false;
    printLine(
      `another publisher has taken "${name}": measuring again when it has left`,
    );
  }

  #begin(): void {
    this.#isLost = false;
    const end = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, end.signal]);
    this.#measuring = { end, done: this.#runMeasuring(signal) };
  }

  /** Ends the measurement and waits for its file; whether there was one. */
  async #stop(): Promise<boolean> {
    const measuring = this.#measuring;
    this.#measuring = undefined;
    measuring?.end.abort();
    await measuring?.done;
    return measuring !== undefined;
  }

  /** Measures again and again until `signal` aborts; never rejects. */
  async #runMeasuring(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#measure(signal);
        if (this.#options.isOver()) return this.#over.abort();
        if (!signal.aborted) {
          printLine("measuring again: the tracks have ended");
        }
      } catch (error) {
        if (signal.aborted) return;
        printLine(`measuring again: ${messageOf(error)}`);
      }
      // An abort ends the pause, and the loop with it.
      await sleep(systemClock, RETRY_MS, signal).catch(() => {});
    }
  }

  /** Measures until the tracks or `signal` end it; throws what went wrong. */
  async #measure(signal: AbortSignal): Promise<void> {
    const { name, out } = this.#options;
    const consumer = this.#connection.consume(name);
    const received = await subscribeMedia(consumer, { signal });
    this.#parts++;
    this.#sayWatching();
    const writing = out === undefined
      ? undefined
      : this.#write(partOf(out, this.#parts), received);
    try {
      await this.#meter.run(consumer, { catalog: received.catalog, signal });
    } finally {
      await received.close();
      await writing;
    }
  }

  /** Writes `media` to a file; never rejects. */
  async #write(path: string, media: SubscribedMedia): Promise<void> {
    try {
      printLine(await writeTo(path, media));
    } catch (error) {
      printLine(`${path}: ${messageOf(error)}`);
      // What went wrong on the way here is measured again; a full disk stays full.
      if (!(error instanceof MoqError)) this.#failure ??= error;
    }
  }

  #sayWatching(): void {
    const { session } = this.#connection;
    const protocol = session ? `, ${protocolOf(session.version)}` : "";
    const again = this.#parts > 1 ? "measuring again" : "watching  ";
    printLine(
      `${again} "${this.#options.name}" through the relay${protocol}; Ctrl-C ends it`,
    );
  }

  #showProgress(): void {
    if (this.#measuring && this.#parts > 0) {
      printOver(progress(this.#meter.read()));
    } else if (this.#isLost) {
      // Said here, because another publisher may follow at once.
      this.#isLost = false;
      const { name } = this.#options;
      printLine(`"${name}" is gone: measuring again when it is back`);
    }
  }
}

/** `received.mp4`, then `received.2.mp4`: a file that was ended is not written over. */
export function partOf(out: string, part: number): string {
  return part === 1 ? out : out.replace(/(\.[^./\\]*)?$/, `.${part}$1`);
}

function progress(
  { groups, frames, bitrateBps, p50Ms, p99Ms }: Reading,
): string {
  return `groups ${groups}  frames ${frames}  ${
    (bitrateBps / 1000).toFixed(0)
  } kbit/s  latency p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms`;
}

/** Writes `media` to a file and says what it got. */
async function writeTo(path: string, media: SubscribedMedia): Promise<string> {
  const file = await Deno.open(path, {
    create: true,
    truncate: true,
    write: true,
  });
  const written = await writeMedia(media, file.writable);
  return `${path}: ${written.videoFrames} pictures and ${written.audioFrames} pieces of sound, ${
    (written.durationUs / 1e6).toFixed(1)
  } s`;
}
