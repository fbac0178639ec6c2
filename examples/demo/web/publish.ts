/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The demo's page for publishing: the element, the name of the broadcast, and
 * what is encoded of it.
 *
 * @module
 */
import type { PublisherStats, RenditionStats } from "@moq-deno/hang/publish";
import { HangPublishElement } from "@moq-deno/hang/ui/hang-publish";
import { HangWatchElement } from "@moq-deno/hang/ui/hang-watch";
import { addressOf, nameInAddress, options } from "./address.ts";
import { offerLink } from "./copy_link.ts";
import { keepName, ownName } from "./identity.ts";
import { livePaths } from "./live.ts";
import { demoFacts } from "./facts.ts";
import { find, kilobits, showConnection, showRows } from "./page.ts";

const REFRESH_MS = 500;
const PURPOSE = "publish";
// The pictures that the shown latency is the median of: one second or two.
const MEASURED_PICTURES = 40;

const publisher = find("publisher", HangPublishElement);
const viewer = find("viewer", HangWatchElement);
const seen = find("seen", HTMLElement);
const latency = find("latency", HTMLOutputElement);
const show = find("show", HTMLInputElement);
const naming = find("naming", HTMLFormElement);
const input = find("name", HTMLInputElement);
const taken = find("taken", HTMLElement);
const watch = find("watch", HTMLAnchorElement);
const list = find("renditions", HTMLUListElement);
const stats = find("stats", HTMLElement);

/** A reload publishes under the same name. */
async function choose(name: string): Promise<void> {
  await keepName(PURPOSE, name);
  publisher.name = name;
  input.value = name;
  watch.href = addressOf("watch", name);
}

/** Renames, unless that would take the name of another. */
async function rename(name: string): Promise<void> {
  const isTaken = name !== publisher.name && live.peek().includes(name);
  taken.hidden = !isTaken;
  taken.textContent = isTaken
    ? `Another broadcast is live as “${name}”. Choose another name.`
    : "";
  if (name === "" || isTaken) return;
  await choose(name);
  // An address with the old name would go back to it.
  history.replaceState(null, "", "/publish");
}

/** Plays the own broadcast while it is live, as a viewer gets it. */
function showViewer(): void {
  const { kind } = publisher.state;
  const isShown = show.checked && (kind === "live" || kind === "watched");
  seen.hidden = !isShown;
  viewer.name = isShown ? publisher.name : "";
}

/** The time from the camera to the screen, as measured picture by picture. */
function latencyText(): string {
  const player = seen.hidden ? undefined : viewer.player;
  if (!player) return "";
  player.measuring.set(true);
  const times = player.latencies().slice(-MEASURED_PICTURES)
    .flatMap(({ capturedMs, shownMs }) =>
      capturedMs === undefined || shownMs === undefined
        ? []
        : [shownMs - capturedMs]
    ).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  return median === undefined
    ? "measuring…"
    : `${Math.round(median)} ms glass to glass`;
}

function rows(
  now: PublisherStats | undefined,
): [name: string, value: string][] {
  const rtt = now?.rttMs;
  const dropped = now?.video.reduce((sum, one) => sum + one.droppedFrames, 0);
  return [
    ["Bitrate", now ? kilobits(now.bitrateBps) : "–"],
    ["Pictures per second", now ? now.framesPerSecond.toFixed(0) : "–"],
    ["Pictures dropped", dropped === undefined ? "–" : String(dropped)],
    [
      "Path allows",
      now && now.budgetBps < Infinity ? kilobits(now.budgetBps) : "Everything",
    ],
    ["Round trip", rtt === undefined ? "–" : `${Math.round(rtt)} ms`],
    ["Sound", now?.audio?.codec ?? "–"],
    ["Watched", now?.video.some(({ isWanted }) => isWanted) ? "Yes" : "No"],
    ["Protocol", now?.protocol ?? "–"],
  ];
}

function renditionText(
  { config, isWanted, bitrateBps }: RenditionStats,
): string {
  const size = `${config?.codedWidth}×${config?.codedHeight}`;
  const rate = isWanted ? kilobits(bitrateBps) : "resting";
  return `${size}, ${config?.codec}, ${rate}`;
}

function showRenditions(now: PublisherStats | undefined): void {
  const offered = now?.video.filter(({ config }) => config) ?? [];
  list.replaceChildren(...offered.map((rendition) => {
    const item = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = rendition.name;
    item.append(name, renditionText(rendition));
    item.dataset["wanted"] = String(rendition.isWanted);
    return item;
  }));
}

function refresh(): void {
  showRows(stats, rows(publisher.stats));
  showRenditions(publisher.stats);
  latency.textContent = latencyText();
}

publisher.addEventListener("statechange", () => {
  showConnection(publisher.state.kind);
  showViewer();
});
show.checked = options().get("viewer") !== "off";
show.addEventListener("change", showViewer);
naming.addEventListener("submit", (event) => {
  event.preventDefault();
  void rename(input.value.trim()); // never rejects
});
const facts = await demoFacts();
const live = livePaths(facts.relay);
await choose(nameInAddress() || await ownName(PURPOSE));
offerLink(facts, () => addressOf("watch", publisher.name));
publisher.url = facts.relay;
viewer.url = facts.relay;
refresh();
setInterval(refresh, REFRESH_MS);
