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
import {
  demoFacts,
  find,
  kilobits,
  said,
  say,
  showConnection,
  showRows,
  someName,
} from "./page.ts";

const REFRESH_MS = 500;

const publisher = find("publisher", HangPublishElement);
const naming = find("naming", HTMLFormElement);
const input = find("name", HTMLInputElement);
const watch = find("watch", HTMLAnchorElement);
const list = find("renditions", HTMLUListElement);
const stats = find("stats", HTMLElement);

/** A reload publishes under the same name. */
function choose(name: string): void {
  say({ name });
  publisher.name = name;
  input.value = name;
  watch.href = `/#${new URLSearchParams({ name })}`;
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
}

publisher.addEventListener("statechange", () => {
  showConnection(publisher.state.kind);
});
naming.addEventListener("submit", (event) => {
  event.preventDefault();
  choose(input.value.trim());
});
choose(said().get("name") || someName());
const facts = await demoFacts();
publisher.url = facts.relay;
refresh();
setInterval(refresh, REFRESH_MS);
