/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The demo's page of numbers: what the relay does now, asked once a second.
 *
 * @module
 */
import { find, kilobits, showConnection, showRows } from "./page.ts";

const REFRESH_MS = 1000;
const TIMEOUT_MS = 3000;

interface SessionNumbers {
  readonly id: number;
  readonly protocol: string;
  readonly subscriptions: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

interface RelayNumbers {
  readonly broadcasts: readonly string[];
  readonly cachedBytes: number;
  readonly cachedGroups: number;
  readonly memoryBytes: number;
  readonly sessions: readonly SessionNumbers[];
}

const numbers = find("numbers", HTMLElement);
const sessions = find("sessions", HTMLElement);
const broadcasts = find("broadcasts", HTMLElement);
let before = new Map<number, SessionNumbers>();
let beforeMs = performance.now();

function rate(bytes: number, seconds: number): string {
  return kilobits(Math.max(0, bytes) * 8 / seconds);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function row(cells: readonly string[]): HTMLElement {
  const element = document.createElement("tr");
  for (const text of cells) {
    const cell = document.createElement("td");
    cell.textContent = text;
    element.append(cell);
  }
  return element;
}

function show(now: RelayNumbers): void {
  const nowMs = performance.now();
  const seconds = (nowMs - beforeMs) / 1000;
  let [sent, received] = [0, 0];
  const rows = now.sessions.map((session) => {
    const last = before.get(session.id) ?? session;
    const out = session.sentBytes - last.sentBytes;
    const into = session.receivedBytes - last.receivedBytes;
    sent += out;
    received += into;
    return row([
      `#${session.id}`,
      session.protocol,
      String(session.subscriptions),
      rate(out, seconds),
      rate(into, seconds),
    ]);
  });
  showRows(numbers, [
    ["Sessions", String(now.sessions.length)],
    ["Broadcasts", String(now.broadcasts.length)],
    ["Sent", rate(sent, seconds)],
    ["Received", rate(received, seconds)],
    ["Groups cached", now.cachedGroups.toLocaleString("en")],
    ["Cache", mebibytes(now.cachedBytes)],
    ["Memory", mebibytes(now.memoryBytes)],
    [
      "Subscriptions",
      String(now.sessions.reduce((sum, one) => sum + one.subscriptions, 0)),
    ],
  ]);
  sessions.replaceChildren(...rows);
  broadcasts.replaceChildren(...now.broadcasts.map((path) => {
    const item = document.createElement("li");
    item.textContent = path;
    return item;
  }));
  before = new Map(now.sessions.map((session) => [session.id, session]));
  beforeMs = nowMs;
}

for (;;) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    show(await (await fetch("/stats.json", { signal })).json());
    showConnection("ready");
  } catch {
    showConnection("relay-gone"); // The demo has ended; it may come back.
  }
  await new Promise((done) => setTimeout(done, REFRESH_MS));
}
