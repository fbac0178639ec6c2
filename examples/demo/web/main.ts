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
import { demoFacts, find, kilobits, said, say, showRows } from "./page.ts";

const REFRESH_MS = 500;

const player = find("player", HangWatchElement);
const badge = find("connection", HTMLElement);
const notice = find("notice", HTMLElement);
const list = find("broadcasts", HTMLUListElement);
const nobody = find("nobody", HTMLElement);
const stats = find("stats", HTMLElement);
const buttons = new Map<string, HTMLButtonElement>();

/** The broadcast in the address line, so that a reload plays the same one. */
function chosen(): string {
  return said().get("name") ?? "";
}

function choose(path: string): void {
  if (player.name !== path) player.name = path;
  if (chosen() !== path) say({ name: path });
  for (const [name, button] of buttons) {
    button.setAttribute("aria-current", String(name === path));
  }
}

function addBroadcast(path: string): void {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = path;
  button.addEventListener("click", () => choose(path));
  buttons.set(path, button);
  const item = document.createElement("li");
  item.append(button);
  const names = [...buttons.keys()].sort();
  list.insertBefore(item, list.children[names.indexOf(path)] ?? null);
  if (player.name === "" || player.name === path) choose(path);
}

function removeBroadcast(path: string): void {
  buttons.get(path)?.parentElement?.remove();
  buttons.delete(path);
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
player.url = facts.relay;
if (chosen() !== "") choose(chosen());
notice.textContent = noticeText();
notice.hidden = notice.textContent === "";
addEventListener("hashchange", () => choose(chosen()));
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
for await (
  const { path, kind } of shared.connection.remote.scope().announced("")
) {
  if (kind === "start") addBroadcast(path);
  if (kind === "end") removeBroadcast(path);
}
