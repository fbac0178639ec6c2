/**
 * From the bytes of a transport stream to the packets of its tracks. It goes on
 * after damage, and after a clock that starts again, wraps or jumps.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import type { MediaPacket } from "../media.ts";
import type { SteadyTime } from "../steady_time.ts";
import {
  FrameCutter,
  readAac,
  readAc3,
  type ReadFrameHeader,
  readMpegAudio,
} from "./audio_frames.ts";
import {
  PACKET_BYTES,
  PacketCutter,
  type PacketLayout,
  readPacket,
  type TsPacket,
} from "./packets.ts";
import { type Pes, PesReader, TickClock } from "./pes.ts";
import { readPicture } from "./pictures.ts";
import {
  type DeclaredStream,
  readPat,
  readPmt,
  SectionReader,
} from "./sections.ts";
import { knownStream, type TsCodec } from "./stream_types.ts";

const US_PER_TICK = 100 / 9;
const MODULUS = 2 ** 33;
const MAX_STREAMS = 32;
// A stream is described by its beginning.
const MAX_HEAD_BYTES = 4 << 20;
const MAX_UNDESCRIBED = 1024;
// Named when the count reaches or passes 1, 2, 4, 8…
const isNamed = (before: number, count: number): boolean =>
  Math.clz32(count) < Math.clz32(before);

const FRAMES: Readonly<Partial<Record<TsCodec, ReadFrameHeader>>> = {
  aac: readAac,
  "mpeg-audio": readMpegAudio,
  ac3: readAc3,
};

/** One stream that is read. */
export class TsStream {
  /** As the PMT has it. */
  readonly declared: DeclaredStream;
  /** How it is coded. */
  readonly codec: TsCodec;
  /** For people. */
  readonly name: string;
  /** Packets that were not taken. */
  readonly queue: MediaPacket[] = [];
  /** Transport packets of its beginning, until it is described. */
  head: Uint8Array[] | undefined = [];
  /** PES packets in {@linkcode TsStream.head}. */
  headCount = 0;
  /** How many PES packets describe it. */
  readonly #headPieces: number;
  /** Whether its packets are kept. */
  isWanted = true;
  /** Whether packets of it were encrypted. */
  isScrambled = false;
  /** Reassembles it. */
  pes: PesReader = new PesReader();
  readonly #frames: FrameCutter | undefined;
  #hasBegun = false;
  #lastUs: number | undefined;
  #stepUs = 0;

  /** A stream of `codec`. */
  constructor(
    declared: DeclaredStream,
    { codec, name, headPieces }: {
      readonly codec: TsCodec;
      readonly name: string;
      readonly headPieces: number;
    },
  ) {
    this.declared = declared;
    this.#headPieces = headPieces;
    this.codec = codec;
    this.name = name;
    const read = FRAMES[codec];
    this.#frames = read && new FrameCutter(read);
  }

  /** Whether {@linkcode TsStream.head} is enough to describe it. */
  get isHeadFull(): boolean {
    const bytes = (this.head?.length ?? 0) * PACKET_BYTES;
    return this.headCount >= this.#headPieces || bytes > MAX_HEAD_BYTES;
  }

  /** Its packets in `pes`, at the times that `place` gives. */
  *accept(pes: Pes, place: PlaceTime): Iterable<MediaPacket> {
    const { codec } = this;
    if (codec === "avc" || codec === "hevc") {
      const packet = this.#picture(pes, { codec, place });
      if (packet) yield packet;
      return;
    }
    if (pes.isAfterGap) this.#frames!.reset();
    const timestampUs = place(pes, { track: this, isKeyframe: true });
    this.#hasBegun ||= timestampUs !== undefined;
    if (!this.#hasBegun) return;
    this.#keepHead(pes);
    for (const frame of this.#frames!.push(pes.data, timestampUs)) {
      yield { ...frame, isKeyframe: true };
    }
  }

  #picture(
    pes: Pes,
    { codec, place }: {
      readonly codec: "avc" | "hevc";
      readonly place: PlaceTime;
    },
  ): MediaPacket | undefined {
    const facts = readPicture(pes.data, codec);
    this.#hasBegun ||= facts.hasParameters && pes.pts !== undefined;
    if (!this.#hasBegun || pes.data.byteLength === 0) return undefined;
    this.#keepHead(pes);
    const isKeyframe = facts.isKeyframe ||
      (pes.isRandomAccess && facts.hasParameters);
    const timestampUs = place(pes, { track: this, isKeyframe }) ??
      (this.#lastUs ?? 0) + this.#stepUs;
    this.#stepUs = Math.abs(timestampUs - (this.#lastUs ?? timestampUs));
    this.#lastUs = timestampUs;
    return { timestampUs, durationUs: 0, isKeyframe, data: pes.data };
  }

  #keepHead({ packets }: Pes): void {
    if (!this.head || this.isHeadFull) return;
    for (const packet of packets) this.head.push(packet.slice());
    this.headCount++;
  }
}

/** Where a PES packet lies in time, in microseconds. */
type PlaceTime = (
  pes: Pes,
  sample: { readonly track: TsStream; readonly isKeyframe: boolean },
) => number | undefined;

/** Options of {@linkcode TsDemuxer}. */
interface TsDemuxerOptions {
  /** Makes time go on. Default: times as they are. */
  readonly time?: SteadyTime | undefined;
  /** Hears of damage. */
  readonly log: Logger;
  /** How many PES packets of each stream are kept to describe it. */
  readonly headPieces: number;
  /** Place in `streams` of the one whose packets are kept. Default all. */
  readonly only?: number | undefined;
}

/** Takes bytes, fills the queues of the streams. */
export class TsDemuxer {
  /** Those that are read, in the order of their table. */
  readonly streams: TsStream[] = [];
  /** One sentence for each stream that is left out. */
  readonly skipped: string[] = [];
  readonly #cutter: PacketCutter;
  readonly #options: TsDemuxerOptions;
  readonly #clock = new TickClock();
  readonly #pat = new SectionReader("pat");
  readonly #tables = new Map<number, SectionReader>();
  readonly #byPid = new Map<number, TsStream>();
  readonly #declared = new Set<string>();
  #program: number | undefined;
  #queuedBytes = 0;
  #gaps = 0;
  #lost = 0;

  /** For bytes that begin as `layout` says. */
  constructor(layout: PacketLayout, options: TsDemuxerOptions) {
    this.#cutter = new PacketCutter(layout);
    this.#options = options;
  }

  /** Whether the table of streams has come. */
  get hasTable(): boolean {
    return this.#program !== undefined;
  }

  /** Bytes in all queues. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Takes bytes. */
  push(chunk: Uint8Array): void {
    for (const bytes of this.#cutter.push(chunk)) {
      const packet = readPacket(bytes);
      if (packet) this.#route(packet);
    }
    this.#tellDamage();
  }

  /** No more bytes will come. */
  end(): void {
    for (const stream of this.streams) {
      const pes = stream.pes.end();
      if (pes) this.#accept(stream, pes);
    }
  }

  /** The next packet of `stream` that is there. */
  take(stream: TsStream): MediaPacket | undefined {
    const packet = stream.queue.shift();
    if (packet) this.#queuedBytes -= packet.data.byteLength;
    return packet;
  }

  /** Nothing more of `stream` is kept. */
  leaveOut(stream: TsStream, reason?: string): void {
    if (reason !== undefined) this.skipped.push(reason);
    stream.isWanted = false;
    stream.head = undefined;
    while (this.take(stream));
  }

  #route(packet: TsPacket): void {
    const { pid, payload, isStart } = packet;
    const stream = this.#byPid.get(pid);
    if (stream) {
      stream.isScrambled ||= packet.isScrambled;
      if (packet.isScrambled) return;
      for (const pes of stream.pes.push(packet)) this.#accept(stream, pes);
    } else if (pid === 0) {
      const section = this.#pat.push(payload, isStart);
      if (section) this.#setPrograms(readPat(section));
    } else {
      const section = this.#tables.get(pid)?.push(payload, isStart);
      if (section) this.#setStreams(pid, section);
    }
  }

  #setPrograms(pids: readonly number[]): void {
    for (const pid of pids.slice(0, MAX_STREAMS)) {
      if (!this.#tables.has(pid) && this.#tables.size < MAX_STREAMS) {
        this.#tables.set(pid, new SectionReader("pmt"));
      }
    }
  }

  #setStreams(tablePid: number, section: Uint8Array): void {
    let declared: readonly DeclaredStream[];
    try {
      declared = readPmt(section);
    } catch (error) {
      this.#options.log.warn?.("table of streams not read", {
        error: messageOf(error),
      });
      return;
    }
    const hasMedia = declared.some((one) => knownStream(one).codec);
    this.#program ??= hasMedia ? tablePid : undefined;
    const isOwn = this.#program === undefined || this.#program === tablePid;
    if (!isOwn && hasMedia) {
      return this.#skip(
        `program ${tablePid}`,
        `Another programme (table ${tablePid}): the first one is published`,
      );
    }
    for (const one of declared) this.#declare(one, declared);
  }

  #declare(one: DeclaredStream, all: readonly DeclaredStream[]): void {
    const { codec, name, isMedia } = knownStream(one);
    if (this.#byPid.get(one.pid)?.codec === codec && codec) return;
    if (!codec) {
      const what = isMedia ? "which is not supported" : "which is no media";
      return this.#skip(
        `${one.pid} ${one.type}`,
        `Track ${one.pid} is ${name}, ${what}`,
      );
    }
    // An encoder that began again may use other numbers for the same tracks.
    const former = this.streams.find((stream) =>
      stream.codec === codec &&
      !all.some(({ pid }) => this.#byPid.get(pid) === stream)
    );
    if (former) {
      former.pes = new PesReader();
      this.#byPid.set(one.pid, former);
    } else if (this.streams.length < MAX_STREAMS) {
      const { only, headPieces } = this.#options;
      const stream = new TsStream(one, { codec, name, headPieces });
      if (only !== undefined) stream.head = undefined;
      stream.isWanted = only === undefined || only === this.streams.length;
      this.streams.push(stream);
      this.#byPid.set(one.pid, stream);
    }
  }

  #skip(key: string, reason: string): void {
    if (this.#declared.has(key) || this.#declared.size > MAX_STREAMS) return;
    this.#declared.add(key);
    this.skipped.push(reason);
  }

  #accept(stream: TsStream, pes: Pes): void {
    for (const packet of stream.accept(pes, this.#place)) {
      if (!stream.isWanted) continue;
      stream.queue.push(packet);
      this.#queuedBytes += packet.data.byteLength;
      // One that is not read yet begins with what is newest.
      if (stream.head && stream.queue.length > MAX_UNDESCRIBED) {
        this.take(stream);
      }
    }
  }

  readonly #place: PlaceTime = ({ pts, dts = pts }, { track, isKeyframe }) => {
    if (pts === undefined || dts === undefined) return undefined;
    const ticks = this.#clock.at(dts);
    const ahead = (pts - dts + MODULUS) % MODULUS;
    // What is shown before it is decoded is a mistake of the multiplexer.
    const shown = ahead < MODULUS / 2 ? ticks + ahead : ticks;
    const timestampUs = Math.round(shown * US_PER_TICK);
    const decodeUs = Math.round(ticks * US_PER_TICK);
    const { time } = this.#options;
    return time
      ? time.at(track, { timestampUs, decodeUs, isKeyframe })
      : timestampUs;
  };

  #tellDamage(): void {
    const { log } = this.#options;
    const { gaps, damagedBytes } = this.#cutter;
    if (isNamed(this.#gaps, gaps)) {
      const error = `${damagedBytes} bytes in ${gaps} places so far`;
      log.warn?.("damaged bytes left out", { error });
    }
    this.#gaps = gaps;
    const lost = this.streams.reduce((sum, { pes }) => sum + pes.lost, 0);
    if (isNamed(this.#lost, lost)) {
      const error = `${lost} so far`;
      log.warn?.("incomplete pictures or pieces of sound left out", { error });
    }
    this.#lost = lost;
  }
}
