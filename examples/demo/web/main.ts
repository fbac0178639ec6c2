/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The demo's page: what is live on the relay, the one that was chosen, and how
 * it is doing.
 *
 * @module
 */
import type { ConnectionStatus } from "@moq-deno/lite";
import { effect } from "@moq-deno/hang/signals";
import { type PlayerStats, shareConnection } from "@moq-deno/hang/watch";
import { HangWatchElement } from "@moq-deno/hang/ui/hang-watch";
import { addressOf, goTo, nameInAddress } from "./address.ts";
import { BroadcastList } from "./broadcast_list.ts";
import { offerLink } from "./copy_link.ts";
import { livePaths } from "./live.ts";
import { demoFacts } from "./facts.ts";
import { find, kilobits, showRows } from "./page.ts";
import { Thumbnails } from "./thumbnails.ts";

const REFRESH_MS = 500;

const player = find("player", HangWatchElement);
const badge = find("connection", HTMLElement);
const notice = find("notice", HTMLElement);
const nobody = find("nobody", HTMLElement);
const heading = find("title", HTMLElement);
const stats = find("stats", HTMLElement);
let first = "";

function play(path: string): void {
  if (player.name !== path) player.name = path;
  list.mark(path);
  heading.textContent = path;
  const named = nameInAddress() !== "";
  document.title = named ? `${path} · moq-deno` : "moq-deno: live";
}

/** Plays what the address names; where it names nothing, what was live first. */
function playAddress(): void {
  const named = nameInAddress();
  if (named === "") first ||= live.peek()[0] ?? "";
  const name = named || first;
  if (name !== "") play(name);
}

function connectionText(status: ConnectionStatus): string {
  switch (status.state) {
    case "connected":
      return "Connected";
    case "connecting":
      return status.attempt > 1 ? "Reconnecting" : "Connecting";
    case "waiting":
      return "Relay gone, trying again";
    case "closed":
      return "Disconnected";
  }
}

function noticeText(): string {
  if (!isSecureContext) {
    return "This page is not secure, so the browser gives it neither WebTransport nor WebCodecs. Open it as http://localhost or over HTTPS.";
  }
  if (!("VideoDecoder" in globalThis)) {
    return "This browser has no WebCodecs, so it cannot decode the video. A current Chrome, Edge, Firefox or Safari can.";
  }
  if (!("WebTransport" in globalThis)) {
    return "This browser has no WebTransport: the media comes over WebSocket, which stutters more when packets are lost.";
  }
  return "";
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? "–" : `${Math.round(value)} ms`;
}

/** The rows under the picture. */
function rows(now: PlayerStats | undefined): [name: string, value: string][] {
  const video = now?.video;
  const size = video?.codedWidth && `${video.codedWidth}×${video.codedHeight}`;
  return [
    ["Latency", milliseconds(now?.latencyMs)],
    ["Buffer", milliseconds(now && now.bufferedMs)],
    ["Bitrate", now ? kilobits(now.bitrateBps) : "–"],
    ["Pictures per second", now ? now.framesPerSecond.toFixed(0) : "–"],
    [
      "Pictures lost",
      now ? String(now.droppedFrames + now.skippedGroups) : "–",
    ],
    ["Size", size || "–"],
    ["Transport", now?.transport ?? "–"],
    ["Protocol", now?.protocol ?? "–"],
  ];
}

function showStats(): void {
  showRows(stats, rows(player.stats));
}

const facts = await demoFacts();
const shared = shareConnection(facts.relay);
const live = livePaths(facts.relay);
const list = new BroadcastList({
  thumbnails: new Thumbnails(facts.relay),
  onChoose(path) {
    goTo(addressOf("watch", path));
    playAddress();
  },
});
player.url = facts.relay;
notice.textContent = noticeText();
notice.hidden = notice.textContent === "";
offerLink(facts, () => addressOf("watch", player.name));
addEventListener("popstate", playAddress);
effect(() => {
  list.show(live.get());
  playAddress();
});
effect(() => {
  const status = shared.status.get();
  badge.dataset["state"] = status.state;
  badge.textContent = connectionText(status);
  nobody.textContent = status.state === "connected"
    ? "Nothing is live. It shows here as soon as it is."
    : "Not connected to the relay.";
});
showStats();
setInterval(showStats, REFRESH_MS);
