/**
 * What a browser can do of what live media needs.
 *
 * @module
 */

/** What the page is going to do. */
export type SupportMode = "watch" | "publish" | "all";

/** One thing that a browser can do, can do in part, or cannot do. */
export interface Support {
  /** For programs. */
  readonly name: string;
  /** `partial` works with limits; without a `none` the page works. */
  readonly level: "full" | "partial" | "none";
  /** For people: one sentence without a full stop. */
  readonly text: string;
}

const VIDEO_CODECS = [
  ["H.264", "avc1.42e01e"],
  ["VP8", "vp8"],
  ["VP9", "vp09.00.10.08"],
  ["AV1", "av01.0.04M.08"],
  ["HEVC", "hev1.1.6.L93.B0"],
] as const;
const AUDIO_CODECS = [["Opus", "opus"], ["AAC", "mp4a.40.2"]] as const;
const STEREO = { sampleRate: 48_000, numberOfChannels: 2 };

/** The worst of a report. */
export function worstOf(report: readonly Support[]): Support["level"] {
  const levels = report.map(({ level }) => level);
  if (levels.includes("none")) return "none";
  return levels.includes("partial") ? "partial" : "full";
}

/** Asks the browser, which takes a moment. */
export async function supportReport(
  mode: SupportMode,
): Promise<readonly Support[]> {
  const report = [security(), transport()];
  if (mode !== "publish") report.push(...await watching());
  if (mode !== "watch") report.push(...await publishing());
  return report;
}

function security(): Support {
  return globalThis.isSecureContext
    ? full("secure", "The page is secure")
    : none(
      "secure",
      "The page is not secure: open it over HTTPS or on localhost",
    );
}

function transport(): Support {
  if ("WebTransport" in globalThis) {
    return full("transport", "WebTransport to the relay");
  }
  return "WebSocket" in globalThis
    ? partial(
      "transport",
      "No WebTransport: falls back to WebSocket, which stutters more on a lossy network",
    )
    : none("transport", "Neither WebTransport nor WebSocket to the relay");
}

async function watching(): Promise<Support[]> {
  const video = await supported(
    VIDEO_CODECS,
    (codec) => VideoDecoder.isConfigSupported({ codec }),
  );
  const audio = await supported(
    AUDIO_CODECS,
    (codec) => AudioDecoder.isConfigSupported({ codec, ...STEREO }),
  );
  return [
    codecs("Plays video in", video),
    codecs("Plays audio in", audio),
    sound(),
  ];
}

async function publishing(): Promise<Support[]> {
  const size = { width: 640, height: 368 };
  const video = await supported(
    VIDEO_CODECS,
    (codec) => VideoEncoder.isConfigSupported({ codec, ...size }),
  );
  const audio = await supported(
    AUDIO_CODECS,
    (codec) => AudioEncoder.isConfigSupported({ codec, ...STEREO }),
  );
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  return [
    devices
      ? full("devices", "Camera and microphone, once you allow them")
      : none("devices", "This page cannot use camera or microphone"),
    "MediaStreamTrackProcessor" in globalThis
      ? full("capture", "Captures directly from the camera")
      : partial("capture", "Captures through a video element"),
    codecs("Sends video in", video),
    codecs("Sends audio in", audio),
  ];
}

function sound(): Support {
  if (!("AudioWorkletNode" in globalThis)) {
    return none("sound", "No AudioWorklet, so there is no sound");
  }
  return globalThis.crossOriginIsolated
    ? full("sound", "Sound through shared memory")
    : partial(
      "sound",
      "Sound by messages: the page is not cross-origin isolated, so audio may glitch when it is busy",
    );
}

/** Names of the codecs that are supported; none where the browser has no such class. */
async function supported(
  all: readonly (readonly [name: string, codec: string])[],
  ask: (codec: string) => Promise<{ readonly supported?: boolean }>,
): Promise<readonly string[]> {
  const answers = await Promise.all(all.map(async ([name, codec]) => {
    try {
      return (await ask(codec)).supported ? [name] : [];
    } catch {
      return []; // No WebCodecs, or a codec that it has never heard of.
    }
  }));
  return answers.flat();
}

function codecs(doing: string, found: readonly string[]): Support {
  return found.length === 0
    ? none(doing, `${doing} no codec: it has no WebCodecs`)
    : full(doing, `${doing} ${found.join(", ")}`);
}

function full(name: string, text: string): Support {
  return { name, level: "full", text };
}

function partial(name: string, text: string): Support {
  return { name, level: "partial", text };
}

function none(name: string, text: string): Support {
  return { name, level: "none", text };
}
