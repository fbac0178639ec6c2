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

const REFRESH_MS = 500;
const PEOPLE = ["heron", "lynx", "otter", "robin", "tern", "wren"];

interface DemoFacts {
  /** The relay's URL. */
  readonly relay: string;
}

function find<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`Expected a ${type.name} with the id ${id}, got none`);
}

const publisher = find("publisher", HangPublishElement);
const badge = find("connection", HTMLElement);
const naming = find("naming", HTMLFormElement);
const input = find("name", HTMLInputElement);
const watch = find("watch", HTMLAnchorElement);
const list = find("renditions", HTMLUListElement);
const stats = find("stats", HTMLElement);

/** The name in the address line, so that a reload publishes under the same one. */
function chosen(): string {
  return new URLSearchParams(location.hash.slice(1)).get("name") ?? "";
}

function someName(): string {
  const person = PEOPLE[Math.floor(Math.random() * PEOPLE.length)]!;
  return `${person}-${Math.floor(Math.random() * 1000)}`;
}

function choose(name: string): void {
  const hash = `#${new URLSearchParams({ name })}`;
  history.replaceState(null, "", hash);
  publisher.name = name;
  input.value = name;
  watch.href = `/${hash}`;
}

function kilobits(bitsPerSecond: number): string {
  return `${Math.round(bitsPerSecond / 1000).toLocaleString("en")} kbit/s`;
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

function showStats(now: PublisherStats | undefined): void {
  const shown = rows(now);
  while (stats.children.length < shown.length) {
    const row = document.createElement("div");
    row.append(document.createElement("dt"), document.createElement("dd"));
    stats.append(row);
  }
  for (const [index, [name, value]] of shown.entries()) {
    const [term, detail] = stats.children[index]!.children;
    term!.textContent = name;
    detail!.textContent = value;
  }
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
  showStats(publisher.stats);
  showRenditions(publisher.stats);
}

function connectionState(kind: string): string {
  if (kind === "refused") return "closed";
  return kind === "relay-gone" || kind === "connecting"
    ? "waiting"
    : "connected";
}

publisher.addEventListener("statechange", () => {
  const { kind } = publisher.state;
  const state = connectionState(kind);
  badge.dataset["state"] = state;
  badge.textContent = state === "connected"
    ? "Connected"
    : publisher.state.text;
});
naming.addEventListener("submit", (event) => {
  event.preventDefault();
  choose(input.value.trim());
});
choose(chosen() || someName());
const facts: DemoFacts = await (await fetch("/demo.json")).json();
publisher.url = facts.relay;
refresh();
setInterval(refresh, REFRESH_MS);
