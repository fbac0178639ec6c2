/// <reference lib="dom" />
/**
 * Runs in a page: publishes numbered pictures and a beep per second, encoded by
 * the browser. Picture n is due at n/fps seconds and says so in its pixels;
 * once a second it is bright while the beep is heard.
 *
 * @module
 */
import {
  CatalogProducer,
  clockAt,
  FRAME_MARKS_CONFIG,
  FRAME_MARKS_TRACK,
  FrameMarksProducer,
  legacyContainer,
  locContainer,
  type VideoConfig,
} from "@moq-deno/hang";
import {
  BroadcastProducer,
  connect,
  type GroupProducer,
  type TrackProducer,
} from "@moq-deno/lite";

/** A rendition to publish. */
export interface TestRendition {
  /** Track name. */
  readonly name: string;
  /** Pixels, a multiple of 16. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Bits per second. */
  readonly bitrate: number;
  /** Default VP8. */
  readonly codec?: string;
  /** Default legacy. */
  readonly container?: "legacy" | "loc";
}

/** What to publish. */
export interface PublishOptions {
  /** The relay. */
  readonly url: string;
  /** The broadcast. */
  readonly name: string;
  /** Pictures per second. Default 30. */
  readonly fps?: number;
  /** All encodings. */
  readonly renditions: readonly TestRendition[];
  /** Whether there is sound. */
  readonly sound?: boolean;
  /** Whether each second's number is said in captions. */
  readonly captions?: boolean;
}

const SAMPLE_RATE = 48_000;
const PACKET_MS = 20;
const PACKETS_PER_GROUP = 5;
const BEEP_HZ = 1000;
const BEEP_MS = 60;
const NUMBER_BITS = 16;
// A picture that came out of an encoder so late is not worth to be sent.
const MAX_QUEUED = 3;

class PictureTrack {
  readonly #track: TrackProducer;
  readonly #marks: FrameMarksProducer;
  readonly #rendition: TestRendition;
  readonly #encoder: VideoEncoder;
  readonly #canvas: OffscreenCanvas;
  readonly #fps: number;
  #group: GroupProducer | undefined;
  #needsKeyframe = true;
  #described: ((description: string | undefined) => void) | undefined;

  constructor(
    rendition: TestRendition,
    { broadcast, marks, fps }: {
      readonly broadcast: BroadcastProducer;
      readonly marks: FrameMarksProducer;
      readonly fps: number;
    },
  ) {
    const { width, height, bitrate, codec = "vp8" } = rendition;
    this.#rendition = rendition;
    this.#marks = marks;
    this.#fps = fps;
    this.#track = broadcast.createTrack(rendition.name);
    this.#canvas = new OffscreenCanvas(width, height);
    this.#encoder = new VideoEncoder({
      output: (chunk, metadata) => this.#encoded(chunk, metadata),
      error: (error) => reportError(error),
    });
    this.#encoder.configure({
      codec,
      width,
      height,
      bitrate,
      framerate: fps,
      latencyMode: "realtime",
      ...(codec.startsWith("avc1") && { avc: { format: "avc" } }),
    });
  }

  /** Encodes one picture to learn what its catalog entry says. */
  async config(): Promise<VideoConfig> {
    const { width, height, bitrate, codec = "vp8", container = "legacy" } =
      this.#rendition;
    const described = new Promise<string | undefined>((resolve) =>
      this.#described = resolve
    );
    this.#encode(0, { isKeyframe: true, brightness: 0 });
    await this.#encoder.flush();
    const description = await described;
    this.#described = undefined;
    return {
      codec,
      container: { kind: container },
      codedWidth: width,
      codedHeight: height,
      framerate: this.#fps,
      bitrate,
      ...(description !== undefined && { description }),
    };
  }

  picture(number: number): void {
    if (this.#track.demand.subscribers === 0) {
      this.#needsKeyframe = true;
      return;
    }
    if (this.#encoder.encodeQueueSize > MAX_QUEUED) {
      unsent.pictures++;
      return;
    }
    const isSecond = number % this.#fps === 0;
    const isKeyframe = isSecond || this.#needsKeyframe;
    this.#needsKeyframe = false;
    const timestampUs = Math.round(number * 1e6 / this.#fps);
    this.#mark("captured", timestampUs);
    const isBright = number % this.#fps < this.#fps * BEEP_MS / 1000;
    this.#encode(number, { isKeyframe, brightness: isBright ? 255 : 0 });
  }

  #encode(
    number: number,
    { isKeyframe, brightness }: {
      readonly isKeyframe: boolean;
      readonly brightness: number;
    },
  ): void {
    drawNumber(this.#canvas, { number, brightness });
    const timestamp = Math.round(number * 1e6 / this.#fps);
    const frame = new VideoFrame(this.#canvas, { timestamp });
    this.#encoder.encode(frame, { keyFrame: isKeyframe });
    frame.close();
  }

  #encoded(
    chunk: EncodedVideoChunk,
    metadata: EncodedVideoChunkMetadata | undefined,
  ): void {
    if (this.#described) {
      const description = metadata?.decoderConfig?.description;
      this.#described(description && hexOf(description));
      return;
    }
    const { timestamp: timestampUs } = chunk;
    this.#mark("encoded", timestampUs);
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    if (chunk.type === "key") {
      this.#group?.close();
      this.#group = this.#track.group();
    }
    const container = this.#rendition.container === "loc"
      ? locContainer
      : legacyContainer;
    const isKeyframe = chunk.type === "key";
    const payload = container.encode({ timestampUs, data, isKeyframe });
    const timestamp = Math.round(timestampUs / 1000);
    this.#group?.writeFrame({ timestamp, payload });
    this.#mark("sent", timestampUs);
  }

  #mark(stage: "captured" | "encoded" | "sent", timestampUs: number): void {
    const { name: track } = this.#rendition;
    // The moment a picture is due is the one that counts, however late the timer was.
    const atMs = stage === "captured"
      ? clock.startMs + timestampUs / 1000
      : performance.now();
    this.#marks.mark(stage, { track, timestampUs, atMs });
  }
}

/** Pictures that were due since the beginning, on a busy machine without those it missed. */
const made = { pictures: 0 };
/** Pictures that a busy machine did not publish. */
const unsent = { pictures: 0 };

/** What the timestamps count from, on the scale of `performance.now()`. */
const clock = { startMs: 0 };

function hexOf(source: AllowSharedBufferSource): string {
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  return bytes.toHex();
}

/** A number as 4 by 4 squares of black and white, on a stripe that says whether this is the bright picture. */
function drawNumber(
  canvas: OffscreenCanvas,
  { number, brightness }: {
    readonly number: number;
    readonly brightness: number;
  },
): void {
  const { width, height } = canvas;
  const context = canvas.getContext("2d")!;
  context.fillStyle = `rgb(${brightness} ${brightness} ${brightness})`;
  context.fillRect(0, 0, width, height);
  const [cellWidth, cellHeight] = [width / 5, height / 4];
  for (let bit = 0; bit < NUMBER_BITS; bit++) {
    context.fillStyle = number >> bit & 1 ? "#fff" : "#000";
    const [x, y] = [bit % 4 * cellWidth, Math.floor(bit / 4) * cellHeight];
    context.fillRect(x, y, Math.ceil(cellWidth), Math.ceil(cellHeight));
  }
}

class BeepTrack {
  readonly #track: TrackProducer;
  readonly #encoder: AudioEncoder;
  #group: GroupProducer | undefined;
  #packets = 0;

  constructor(broadcast: BroadcastProducer) {
    this.#track = broadcast.createTrack("audio");
    this.#encoder = new AudioEncoder({
      output: (chunk) => this.#encoded(chunk),
      error: (error) => reportError(error),
    });
    this.#encoder.configure({
      codec: "opus",
      sampleRate: SAMPLE_RATE,
      numberOfChannels: 1,
      bitrate: 64_000,
    });
  }

  /** Every packet is encoded: Chromium counts on over gaps, and the sound would be early from then on. */
  packet(index: number): void {
    const numberOfFrames = SAMPLE_RATE * PACKET_MS / 1000;
    const samples = new Float32Array(numberOfFrames);
    for (let i = 0; i < numberOfFrames; i++) {
      const at = index * numberOfFrames + i;
      const isBeep = at % SAMPLE_RATE < SAMPLE_RATE * BEEP_MS / 1000;
      const phase = 2 * Math.PI * BEEP_HZ * at / SAMPLE_RATE;
      samples[i] = isBeep ? Math.sin(phase) * 0.5 : 0;
    }
    const data = new AudioData({
      format: "f32-planar",
      sampleRate: SAMPLE_RATE,
      numberOfFrames,
      numberOfChannels: 1,
      timestamp: index * PACKET_MS * 1000,
      data: samples,
    });
    this.#encoder.encode(data);
    data.close();
  }

  #encoded(chunk: EncodedAudioChunk): void {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    if (this.#packets++ % PACKETS_PER_GROUP === 0) {
      this.#group?.close();
      this.#group = this.#track.group();
    }
    const { timestamp: timestampUs } = chunk;
    const payload = legacyContainer.encode({ timestampUs, data });
    const timestamp = Math.round(timestampUs / 1000);
    this.#group?.writeFrame({ timestamp, payload });
  }
}

/** The number of a second as a caption that is due with it. */
function say(track: TrackProducer, second: number): void {
  const text = `WEBVTT\n\n00:00.000 --> 00:01.000\n<b>second ${second}</b>`;
  const data = new TextEncoder().encode(text);
  const timestampUs = second * 1e6;
  const payload = legacyContainer.encode({ timestampUs, data });
  track.writeFrame({ timestamp: timestampUs / 1000, payload });
}

/** Publishes until the page closes. */
async function publish(
  { url, name, renditions, fps = 30, sound = false, captions = false }:
    PublishOptions,
): Promise<void> {
  const session = await connect(url, { role: "publisher" });
  const broadcast = new BroadcastProducer();
  const wallMs = Math.round(performance.timeOrigin + performance.now());
  clock.startMs = wallMs - performance.timeOrigin;
  const clockConfig = clockAt(wallMs);
  const marks = new FrameMarksProducer(broadcast, { clock: clockConfig });
  const pictures = renditions.map((rendition) =>
    new PictureTrack(rendition, { broadcast, marks, fps })
  );
  const video: Record<string, VideoConfig> = {};
  for (const [index, picture] of pictures.entries()) {
    video[renditions[index]!.name] = await picture.config();
  }
  const beep = sound ? new BeepTrack(broadcast) : undefined;
  const said = captions ? broadcast.createTrack("text") : undefined;
  new CatalogProducer(broadcast).update({
    video: { renditions: video },
    ...(sound && {
      audio: {
        renditions: {
          audio: {
            codec: "opus",
            container: { kind: "legacy" },
            sampleRate: SAMPLE_RATE,
            numberOfChannels: 1,
            bitrate: 64_000,
          },
        },
      },
    }),
    ...(captions && {
      text: { renditions: { text: { format: "vtt", label: "Numbers" } } },
    }),
    json: { tracks: { [FRAME_MARKS_TRACK]: FRAME_MARKS_CONFIG } },
    clock: clockConfig,
  });
  session.publish(name, broadcast);
  let number = 1;
  let packet = 0;
  const tick = () => {
    const elapsedMs = performance.now() - clock.startMs;
    const due = Math.floor(elapsedMs * fps / 1000);
    // What a busy machine missed is lost, as with a camera.
    if (due - number > fps) {
      unsent.pictures += due - number;
      number = due;
    }
    for (; number <= due; number++) {
      made.pictures++;
      for (const one of pictures) one.picture(number);
      if (said && number % fps === 0) say(said, number / fps);
    }
    for (; (packet + 1) * PACKET_MS <= elapsedMs; packet++) {
      beep?.packet(packet);
    }
    marks.rttMs = session.path.rttMs;
    setTimeout(tick, 2);
  };
  packet = Math.floor((performance.now() - clock.startMs) / PACKET_MS);
  number = Math.ceil((performance.now() - clock.startMs) * fps / 1000);
  tick();
}

Object.assign(globalThis, { publish, made, unsent });
