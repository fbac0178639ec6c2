/**
 * The page: publishes the time to a relay and shows what it receives back.
 *
 * @module
 */
import { connect } from "@moq-deno/lite";
import { publishClock, watchClock } from "./clock.ts";

const relay = new URLSearchParams(location.search).get("relay") ??
  `http://${location.hostname}:4443/`;
const time = document.querySelector("output")!;
const status = document.querySelector("p")!;

const ending = new AbortController();
const { signal } = ending;
addEventListener("pagehide", () => ending.abort());

async function show(): Promise<void> {
  const viewer = await connect(relay, { role: "subscriber", signal });
  status.textContent = `From ${relay} over ${viewer.transport.protocol}`;
  for await (const text of watchClock(viewer, signal)) time.value = text;
}

async function publish(): Promise<void> {
  const publisher = await connect(relay, { role: "publisher", signal });
  publisher.closed.then((error) => ending.abort(error));
  await publishClock(publisher, signal);
}

try {
  await Promise.all([publish(), show()]);
} catch (error) {
  status.textContent = error instanceof Error ? error.message : String(error);
}
