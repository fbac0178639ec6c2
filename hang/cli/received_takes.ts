/**
 * A broadcast that is received in takes: when the relay was lost and is back,
 * the same renditions go on in the same file.
 *
 * @module
 */
import type { MoqError } from "@moq-deno/lite";
import { abortable, asMoqError, Inbox, linked } from "@moq-deno/lite/internal";
import type { AudioConfig, Catalog, VideoConfig } from "../catalog/catalog.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import type { TrackReader } from "../container/track_reader.ts";
import { type SubscribedMedia, subscribeMedia } from "../media/subscribe.ts";
import type { SubscribeMediaOptions } from "../media/subscribe_options.ts";
import type { SampleReader, WritableMedia } from "../media/write.ts";
import type { RelayConnection } from "./relay.ts";
import { say } from "./terminal.ts";
import { untilAnnounced } from "./until_announced.ts";

// Longer than a group and the sound that a subscription begins with.
const MAX_OVERLAP_US = 30_000_000;

type Config = VideoConfig | AudioConfig;

/** Which broadcast is received, and how. */
interface TakesOptions {
  readonly name: string;
  /** How the first take is subscribed to; later ones take the same renditions. */
  readonly media: SubscribeMediaOptions;
  /** Whether there was a take before. Default false. */
  readonly isBack?: boolean;
}

/** Waits for the broadcast and receives its first take; `undefined` after Ctrl-C. Failures as `untilAnnounced` and `subscribeMedia`. */
export async function receiveTakes(
  relay: RelayConnection,
  options: TakesOptions,
): Promise<ReceivedTakes | undefined> {
  const first = await nextTake(relay, options);
  return first && new ReceivedTakes(relay, { ...options, first });
}

async function nextTake(
  relay: RelayConnection,
  options: TakesOptions,
): Promise<SubscribedMedia | undefined> {
  while (await untilAnnounced(relay, options.name, options)) {
    try {
      return await subscribe(relay, options);
    } catch (error) {
      await relay.check();
      if (relay.signal.aborted || !await relay.wasLost()) throw error;
    }
  }
  return undefined;
}

function subscribe(
  { connection, signal }: RelayConnection,
  { name, media }: TakesOptions,
): Promise<SubscribedMedia> {
  const related = { path: name, source: connection };
  return subscribeMedia(connection.consume(name), {
    ...media,
    related,
    signal,
  });
}

/** What a file is written from; the caller runs {@linkcode ReceivedTakes.run} beside. */
export class ReceivedTakes implements WritableMedia {
  /** The catalog of the first take. */
  readonly catalog: Catalog;
  /** The video, if there is any. */
  readonly video: Lane<VideoConfig> | undefined;
  /** The audio, if there is any. */
  readonly audio: Lane<AudioConfig> | undefined;
  readonly #relay: RelayConnection;
  readonly #options: TakesOptions;
  readonly #closed = linked();
  #take: SubscribedMedia;

  /** Use {@linkcode receiveTakes}. */
  constructor(
    relay: RelayConnection,
    options: TakesOptions & { readonly first: SubscribedMedia },
  ) {
    const { catalog, video, audio } = options.first;
    this.#relay = relay;
    this.#options = options;
    this.#take = options.first;
    this.catalog = catalog;
    this.video = video && new Lane(video);
    this.audio = audio && new Lane(audio);
  }

  /** Groups that began to arrive, of all takes. */
  get groups(): number {
    return (this.video?.groups ?? 0) + (this.audio?.groups ?? 0);
  }

  /** Adds take after take until the broadcast ends, the relay refuses us, or `close()`. Then the samples end, or throw why the broadcast failed. */
  async run(): Promise<void> {
    let error: MoqError | undefined;
    try {
      let isOver = false;
      while (!isOver) {
        const failure = await abortable(this.#taken(), this.#closed.signal);
        await this.#take.close();
        const wasLost = await this.#relay.wasLost();
        isOver = this.#isClosed || !wasLost || !await this.#next();
        if (!wasLost) error = failure;
      }
    } catch (cause) {
      if (!this.#isClosed) error = asMoqError(cause);
    }
    this.video?.end(error);
    this.audio?.end(error);
  }

  /** Ends the samples in good order. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#take.close();
  }

  get #isClosed(): boolean {
    return this.#closed.signal.aborted || this.#relay.signal.aborted;
  }

  /** Waits until the present take has ended; why it failed, if it did. */
  async #taken(): Promise<MoqError | undefined> {
    const lanes = [this.video, this.audio].map((lane) => lane?.taken);
    const [video, audio] = await Promise.all(lanes);
    return video ?? audio;
  }

  /** Subscribes to the same renditions again; `false` if they cannot go on in this file. */
  async #next(): Promise<boolean> {
    const { name, media } = this.#options;
    const wish = {
      video: this.video?.name ?? false,
      audio: this.audio?.name ?? false,
    } as const;
    const next = await nextTake(this.#relay, {
      name,
      isBack: true,
      media: { ...media, ...wish, joinMs: 0 },
    });
    if (!next) return false;
    this.#take = next;
    const { video, audio } = next;
    const isSame = (this.video?.continues(video) ?? true) &&
      (this.audio?.continues(audio) ?? true);
    if (!isSame) {
      say(
        `${
          JSON.stringify(name)
        } is back in another encoding, which this file cannot take\n`,
      );
      await next.close();
      return false;
    }
    if (this.#isClosed) await next.close();
    if (video) this.video?.add(video);
    if (audio) this.audio?.add(audio);
    return true;
  }
}

/** One rendition, take after take. */
class Lane<C extends Config> implements SampleReader<C> {
  /** The rendition of the first take. */
  readonly config: C;
  /** The name of its track. */
  readonly name: string;
  readonly #readers: Inbox<TrackReader<C>> = new Inbox();
  #pastGroups = 0;
  #reader: TrackReader<C>;
  #taken = Promise.withResolvers<MoqError | undefined>();
  #error: MoqError | undefined;
  #lastUs: number | undefined;

  constructor(first: TrackReader<C>) {
    this.config = first.config;
    this.name = first.name;
    this.#reader = first;
    this.#readers.push(first);
  }

  get groups(): number {
    return this.#pastGroups + this.#reader.groups;
  }

  /** Resolves when the present take has been read to its end, with its failure. */
  get taken(): Promise<MoqError | undefined> {
    return this.#taken.promise;
  }

  /** Whether a file with the first take can take `next` as well. */
  continues(next: TrackReader<C> | undefined): boolean {
    return next !== undefined && encodingOf(next) === encodingOf(this);
  }

  add(next: TrackReader<C>): void {
    this.#pastGroups = this.groups;
    this.#reader = next;
    this.#taken = Promise.withResolvers();
    this.#readers.push(next);
  }

  /** No more takes; the samples throw `error`. */
  end(error: MoqError | undefined): void {
    this.#error = error;
    this.#readers.end();
  }

  async *samples(signal?: AbortSignal): AsyncGenerator<OrderedSample, void> {
    for await (const reader of this.#readers) {
      try {
        for await (const sample of this.#unread(reader.samples(signal))) {
          this.#lastUs = sample.timestampUs;
          yield sample;
        }
        this.#taken.resolve(undefined);
      } catch (error) {
        signal?.throwIfAborted();
        this.#taken.resolve(asMoqError(error));
      }
    }
    if (this.#error) throw this.#error;
  }

  /** A take begins with a whole group. Of one that was read before, what follows the last sample of the take before. */
  async *#unread(
    samples: AsyncIterable<OrderedSample>,
  ): AsyncGenerator<OrderedSample, void> {
    const lastUs = this.#lastUs;
    let isRead = lastUs !== undefined;
    for await (const sample of samples) {
      const afterUs = sample.timestampUs - (lastUs ?? 0);
      // A clock that was set back is another publisher's.
      const isNew = sample.isKeyframe &&
        (afterUs > 0 || afterUs < -MAX_OVERLAP_US);
      if (isNew) isRead = false;
      if (!isRead) yield sample;
      else if (afterUs === 0) isRead = false;
    }
  }
}

/** What a file says once about a track. */
function encodingOf({ config }: { readonly config: Config }): string {
  const { codec, description, container } = config;
  return JSON.stringify([codec, description, container]);
}
