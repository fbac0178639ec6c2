/**
 * One track of captions or subtitles by the clock of picture and sound.
 *
 * @module
 */
import type { GroupConsumer } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import { type Catalog, TRACK_PRIORITY } from "../catalog/catalog.ts";
import { openContainer } from "../container/container.ts";
import type { Container } from "../container/sample.ts";
import { running } from "../signals/lasting.ts";
import { Signal } from "../signals/signal.ts";
import type { LaneOptions } from "./lane.ts";

/** A track of text that can be shown. */
export interface CaptionTrack {
  /** The track's name. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** Relative path of the broadcast that has the track; absent means this one. */
  readonly broadcast?: string | undefined;
  /** Reads its payloads; absent where a payload is the text itself, as in 2025. */
  readonly container?: Container | undefined;
  /** Syntax of the text. */
  readonly format: "vtt" | "utf8";
}

const LOOK_MS = 100;
// What nothing has followed for so long has been read.
const READ_MS = 10_000;
const MAX_WAITING = 64;
const MAX_CHARACTERS = 1000;
const MAX_TEXT_BYTES = 4 * MAX_CHARACTERS;
const CUE_TIMING = /^(?:\d+:)?\d+:\d+\.\d+ +--> +(?:\d+:)?\d+:\d+\.\d+.*$/;

/** The texts of a broadcast that can be shown, in the order of its catalog. */
export function captionTracks(catalog: Catalog): readonly CaptionTrack[] {
  const renditions = Object.entries(catalog.text?.renditions ?? {});
  const tracks = renditions.flatMap(([name, config]): CaptionTrack[] => {
    const { format, label, lang, broadcast } = config;
    if (format !== "vtt" && format !== "utf8") return [];
    const container = openContainer({ codec: format, ...config });
    return [{
      name,
      label: label ?? lang ?? name,
      broadcast,
      container,
      format,
    }];
  });
  const said = catalog.audio?.captions?.track.name;
  return said === undefined
    ? tracks
    : [...tracks, { name: said, label: "Captions", format: "utf8" }];
}

/** The text in a payload of WebVTT, without headings, timings and tags. */
export function textOfVtt(payload: string): string {
  return payload.split(/\r?\n\r?\n/)
    .filter((block) => !/^(?:WEBVTT|NOTE|STYLE|REGION)\b/.test(block.trim()))
    .map(textOfCue).filter((text) => text !== "").join("\n");
}

function textOfCue(block: string): string {
  const lines = block.trim().split(/\r?\n/);
  const timing = lines.findIndex((line) => CUE_TIMING.test(line.trim()));
  return lines.slice(timing + 1).join("\n").replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

interface CaptionOptions extends LaneOptions {
  readonly track: CaptionTrack;
}

interface Cue {
  readonly timestampUs: number;
  readonly text: string;
}

/** Shows one track until it is closed. */
export class Captions {
  /** The text to show now; empty for none. */
  readonly text: Signal<string> = new Signal("");
  readonly #options: CaptionOptions;
  readonly #stop: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #waiting: Cue[] = [];
  #shownMs = 0;

  /** Subscribes at once. */
  constructor(options: CaptionOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#stop = running((signal) => this.#run(signal));
  }

  /** Ends the subscription. Idempotent. */
  close(): void {
    this.#stop();
    clearInterval(this.#timer);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { broadcast, track, log } = this.#options;
    try {
      const subscription = broadcast.track(track.name).subscribe({
        priority: TRACK_PRIORITY.text,
        from: "latest",
        signal,
      });
      for await (const group of subscription) await this.#read(group, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn?.("captions lost", { error: asMoqError(error).message });
    }
  }

  async #read(group: GroupConsumer, signal: AbortSignal): Promise<void> {
    const { track, sync } = this.#options;
    const decoder = new TextDecoder();
    for await (const { payload } of group.frames(signal)) {
      const samples = track.container?.decode(payload) ??
        [{ timestampUs: sync.edgeUs, data: payload }];
      for (const { timestampUs, data } of samples) {
        const said = decoder.decode(data.subarray(0, MAX_TEXT_BYTES))
          .slice(0, MAX_CHARACTERS);
        const text = track.format === "vtt" ? textOfVtt(said) : said.trim();
        this.#waiting.push({ timestampUs, text });
      }
      this.#waiting = this.#waiting.slice(-MAX_WAITING);
    }
  }

  #look(): void {
    const playheadUs = this.#options.sync.playheadUs() ?? -Infinity;
    const nowMs = performance.now();
    const due = this.#waiting.findLast((cue) => cue.timestampUs <= playheadUs);
    if (due) {
      this.#waiting = this.#waiting.filter((cue) =>
        cue.timestampUs > playheadUs
      );
      this.#shownMs = nowMs;
      this.text.set(due.text);
    } else if (nowMs - this.#shownMs > READ_MS) this.text.set("");
  }
}
