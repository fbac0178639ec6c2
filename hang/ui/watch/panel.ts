/**
 * The settings of `<hang-watch>`: quality, latency, captions, numbers.
 *
 * @module
 */
import type { Latency } from "../../watch/clock/latency.ts";
import type { Player, Rendition } from "../../watch/player.ts";
import { labelled, part } from "../shared/parts.ts";

const AUTOMATIC = "";
const LATENCIES: readonly (readonly [value: string, text: string])[] = [
  ["real-time", "Real-time"],
  ["250", "0.25 s"],
  ["1000", "1 s"],
  ["3000", "3 s"],
];

/** What the panel changes: properties of the element. */
interface WatchSettings {
  /** A rendition by name, or `undefined` for automatic. */
  rendition: string | undefined;
  /** How long media is held. */
  latency: Latency;
  /** Captions by track name, or `undefined` for none. */
  captions: string | undefined;
  /** Whether the numbers are shown. */
  showStats: boolean;
}

/** The panel; closed at first. */
export class WatchPanel {
  /** To be put into the view. */
  readonly element: HTMLElement = part("div", "panel", {
    role: "group",
    "aria-label": "Settings",
  });
  readonly #quality = document.createElement("select");
  readonly #latency = document.createElement("select");
  readonly #captions = document.createElement("select");
  readonly #stats = document.createElement("input");
  readonly #captionsRow = labelled("Captions", this.#captions);

  /** Changes `settings`. */
  constructor(settings: WatchSettings) {
    this.element.hidden = true;
    this.#stats.type = "checkbox";
    this.element.append(
      labelled("Quality", this.#quality),
      labelled("Latency", this.#latency),
      this.#captionsRow,
      labelled("Statistics", this.#stats),
    );
    this.#quality.addEventListener("change", () => {
      settings.rendition = this.#quality.value || undefined;
    });
    this.#latency.addEventListener("change", () => {
      const { value } = this.#latency;
      if (value === "real-time") settings.latency = value;
      // The range that the page has set is listed too, and stays.
      else if (Number.isFinite(Number(value))) settings.latency = Number(value);
    });
    this.#captions.addEventListener("change", () => {
      settings.captions = this.#captions.value || undefined;
    });
    this.#stats.addEventListener("change", () => {
      settings.showStats = this.#stats.checked;
    });
  }

  /** Shows what there is and what is chosen; in an effect it is watched. */
  show(
    player: Player | undefined,
    { latency, hasStats }: {
      readonly latency: Latency;
      readonly hasStats: boolean;
    },
  ): void {
    const renditions = player?.renditions() ?? [];
    const shown = player?.shownRendition.get();
    const playing = renditions.find(({ name }) => name === shown);
    const automatic = playing ? `Automatic (${nameOf(playing)})` : "Automatic";
    fill(this.#quality, {
      options: [
        [AUTOMATIC, automatic],
        ...renditions.toReversed().map((one) =>
          [one.name, nameOf(one)] as const
        ),
      ],
      value: player?.rendition.get() ?? AUTOMATIC,
    });
    const value = typeof latency === "object"
      ? `${latency.minMs}–${latency.maxMs} ms`
      : String(latency);
    const isListed = LATENCIES.some(([one]) => one === value);
    const own = typeof latency === "number" ? `${latency / 1000} s` : value;
    fill(this.#latency, {
      options: isListed ? LATENCIES : [...LATENCIES, [value, own]],
      value,
    });
    const tracks = player?.captionTracks() ?? [];
    this.#captionsRow.hidden = tracks.length === 0;
    fill(this.#captions, {
      options: [
        [AUTOMATIC, "Off"],
        ...tracks.map(({ name, label }) => [name, label] as const),
      ],
      value: player?.captions.get() ?? AUTOMATIC,
    });
    this.#stats.checked = hasStats;
  }
}

/** What people call a rendition. */
function nameOf({ name, config }: Rendition): string {
  const { label, codedWidth, codedHeight, bitrate } = config;
  if (label !== undefined) return label;
  if (!codedWidth || !codedHeight) return name;
  const rate = bitrate ? `, ${(bitrate / 1e6).toFixed(1)} Mbit/s` : "";
  return `${Math.min(codedWidth, codedHeight)}p${rate}`;
}

/** An open list closes when its options change, so that they are changed only where they differ. */
function fill(
  element: HTMLSelectElement,
  { options, value }: {
    readonly options: readonly (readonly [value: string, text: string])[];
    readonly value: string;
  },
): void {
  const before = [...element.options].map((one) => `${one.value} ${one.text}`);
  const after = options.map(([one, text]) => `${one} ${text}`);
  if (before.join("\n") !== after.join("\n")) {
    element.replaceChildren(
      ...options.map(([one, text]) => new Option(text, one)),
    );
  }
  element.value = value;
}
