/**
 * The face of `<hang-publish>`: shows a state, the preview, the buttons as they
 * are, and the devices to choose from.
 *
 * @module
 */
import type { Capture } from "../../publish/capture.ts";
import type { DeviceChoice, DeviceList } from "../../publish/device_list.ts";
import type { Publisher } from "../../publish/publisher.ts";
import { isScreen } from "../../publish/video_feed.ts";
import { listening } from "../../signals/dom.ts";
import {
  effect,
  type ReadonlySignal,
  type Signal,
} from "../../signals/signal.ts";
import type { HangPublishState } from "./publish_state.ts";
import type { HangPublishView } from "./publish_view.ts";
import { setIcon } from "../shared/icons.ts";
import { setLabel } from "../shared/parts.ts";

/** What is shown. */
interface HangPublishDisplayOptions {
  /** The sources. */
  readonly capture: Capture;
  /** What there is to choose from. */
  readonly devices: DeviceList;
  /** Whether the picture is shown. */
  readonly preview: ReadonlySignal<boolean>;
  /** What is to be published. */
  readonly source: ReadonlySignal<string | undefined>;
  /** The publisher, while there is one. */
  readonly publisher: ReadonlySignal<Publisher | undefined>;
}

const WAITING = ["asking", "opening", "connecting", "relay-gone"];
const CLEAR = ["live", "watched"];
// Loudness is felt by its logarithm; below this it is silence.
const SILENT_DB = -50;

/** Keeps a view as it has to be until it is closed. */
export class HangPublishDisplay {
  readonly #view: HangPublishView;
  readonly #options: HangPublishDisplayOptions;
  readonly #stops: readonly (() => void)[];

  /** Begins at once. */
  constructor(view: HangPublishView, options: HangPublishDisplayOptions) {
    this.#view = view;
    this.#options = options;
    const { cameras, microphones, settings } = view;
    const { camera, microphone } = options.capture;
    this.#stops = [
      listening(cameras, {
        change: () => camera.deviceId.set(cameras.value || undefined),
      }),
      listening(microphones, {
        change: () => microphone.deviceId.set(microphones.value || undefined),
      }),
      listening(settings, { click: () => this.#togglePanel() }),
      effect(() => this.#showPreview()),
      effect(() => this.#showButtons()),
      effect(() => this.#showLevel()),
      effect(() => this.#showNotice()),
      effect(() => this.#showDevices()),
      effect(() => this.#learnNames()),
    ];
  }

  /** Shows `state`. */
  show(state: HangPublishState): void {
    const view = this.#view;
    const isLive = CLEAR.includes(state.kind);
    const isChoice = state.kind === "choose";
    view.status.hidden = isLive;
    view.statusText.textContent = state.text;
    view.spinner.hidden = !WAITING.includes(state.kind);
    view.choices.hidden = !isChoice;
    view.retry.hidden = !["denied", "busy", "ended", "failed", "missing"]
      .includes(state.kind);
    view.retry.textContent = "Try again";
    view.live.textContent = liveText(state);
    view.live.classList.toggle("on", isLive);
  }

  /** Shows nothing more. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#view.video.srcObject = null;
  }

  #showPreview(): void {
    const { capture, preview } = this.#options;
    const { video } = this.#view;
    const track = preview.get() ? capture.video.get() : undefined;
    video.srcObject = track ? new MediaStream([track]) : null;
    video.hidden = track === undefined;
    // As in a mirror; what others see is not mirrored.
    const isCamera = capture.source.get() === "camera" && !isScreen(track);
    video.classList.toggle("mirrored", isCamera);
    video.setAttribute("aria-label", "Preview");
  }

  #showButtons(): void {
    const view = this.#view;
    const { muted, invisible } = this.#options.capture;
    const source = this.#options.source.get();
    setIcon(view.mute, muted.get() ? "silent" : "microphone");
    setLabel(view.mute, muted.get() ? "Turn on sound" : "Mute");
    view.mute.setAttribute("aria-pressed", String(muted.get()));
    setIcon(view.hide, invisible.get() ? "invisible" : "camera");
    setLabel(
      view.hide,
      invisible.get() ? "Show the picture" : "Hide the picture",
    );
    view.hide.setAttribute("aria-pressed", String(invisible.get()));
    setIcon(view.share, source === "screen" ? "camera" : "screen");
    const share = source === "screen" ? "Back to the camera" : "Share a screen";
    setLabel(view.share, share);
    setLabel(view.settings, "Choose devices");
    setLabel(view.stop, "Stop publishing");
    view.stop.hidden = source === undefined;
    view.share.hidden = source === undefined || source === "file";
  }

  #showLevel(): void {
    const level = this.#options.publisher.get()?.level() ?? 0;
    const decibels = 20 * Math.log10(Math.max(level, 1e-5));
    const share = Math.max(0, 1 - decibels / SILENT_DB);
    this.#view.level.style.transform = `scaleX(${share.toFixed(2)})`;
  }

  /** What keeps only the half from working. */
  #showNotice(): void {
    const { capture, publisher } = this.#options;
    const hasMedia = capture.video.get() !== undefined ||
      capture.audio.get() !== undefined;
    const isBlocked = publisher.get()?.soundBlocked() ?? false;
    const problem = hasMedia ? capture.problem()?.text : undefined;
    const touch = isBlocked && capture.video.get() !== undefined
      ? "Click or tap the page to send sound"
      : undefined;
    const text = problem ?? touch;
    this.#view.notice.hidden = text === undefined;
    this.#view.notice.textContent = text ?? "";
  }

  #showDevices(): void {
    const { devices, capture } = this.#options;
    const { cameras, microphones } = this.#view;
    fill(cameras, devices.cameras.get(), capture.camera.deviceId);
    fill(microphones, devices.microphones.get(), capture.microphone.deviceId);
  }

  /** A browser tells the names of devices once one of them may be used. */
  #learnNames(): void {
    const { capture, devices } = this.#options;
    const isOpen = [capture.camera.track.get(), capture.microphone.track.get()]
      .some((track) => track !== undefined);
    // Does not fail.
    if (isOpen) void devices.refresh();
  }

  #togglePanel(): void {
    const { panel, settings, cameras } = this.#view;
    panel.hidden = !panel.hidden;
    settings.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) cameras.focus();
  }
}

function liveText({ kind }: HangPublishState): string {
  if (kind === "watched") return "Live, with viewers";
  if (kind === "live") return "Live";
  return WAITING.includes(kind) ? "Waiting" : "Not live";
}

function fill(
  select: HTMLSelectElement,
  choices: readonly DeviceChoice[],
  chosen: Signal<string | undefined>,
): void {
  const options = choices.map(({ deviceId, label }) =>
    new Option(label, deviceId)
  );
  const nothing = new Option(choices.length > 0 ? "Default" : "None found", "");
  select.replaceChildren(nothing, ...options);
  select.value = chosen.get() ?? "";
  select.disabled = choices.length === 0;
}
