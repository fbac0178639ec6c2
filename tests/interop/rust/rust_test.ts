import assert from "node:assert/strict";
import {
  countFrames,
  type Make,
  type PeerOptions,
  publish,
  relayOf,
  watch,
} from "./peers.ts";

const WATCH_MS = 5000;

interface Cell {
  readonly publisher: Make;
  readonly relay: Make;
  readonly viewer: Make;
  readonly scheme: PeerOptions["scheme"];
  readonly version: PeerOptions["version"];
}

const PARTS: readonly Pick<Cell, "publisher" | "relay" | "viewer">[] = [
  { publisher: "deno", relay: "rust", viewer: "deno" },
  { publisher: "rust", relay: "deno", viewer: "deno" },
  { publisher: "deno", relay: "deno", viewer: "rust" },
];

const WAYS: readonly Pick<Cell, "scheme" | "version">[] = [
  { scheme: "moqt", version: "06" },
  { scheme: "moqt", version: "05" },
  { scheme: "moqt", version: "04" },
  { scheme: "moqt", version: "03" },
  { scheme: "moqt", version: "02" },
  { scheme: "https", version: "06" },
  { scheme: "https", version: "02" },
  { scheme: "http", version: "06" },
];

function ends(afterMs: number): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), afterMs);
  return {
    signal: controller.signal,
    stop() {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

async function runCell(cell: Cell): Promise<Record<string, number>> {
  const file = await Deno.makeTempFile({ suffix: ".mp4" });
  const publishing = ends(10 * WATCH_MS);
  const watching = ends(WATCH_MS);
  try {
    await using relay = await relayOf(cell.relay);
    const published = publish(cell.publisher, {
      ...cell,
      relay,
      signal: publishing.signal,
    });
    await watch(cell.viewer, file, { ...cell, relay, signal: watching.signal });
    publishing.stop();
    await published;
    return await countFrames(file);
  } finally {
    watching.stop();
    publishing.stop();
    await Deno.remove(file);
  }
}

for (const way of WAYS) {
  for (const parts of PARTS) {
    const { publisher, relay, viewer } = parts;
    const name =
      `interop: ${publisher} publisher, ${relay} relay, ${viewer} viewer over ${way.scheme}, moq-lite-${way.version}`;
    Deno.test({
      name,
      // Starts and ends other programs.
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        const { video = 0, audio = 0 } = await runCell({ ...way, ...parts });
        // 30 pictures and 47 sound packets per second, less the time to start.
        assert.ok(video >= 60, `Expected 60 pictures, got ${video}`);
        assert.ok(audio >= 90, `Expected 90 sound packets, got ${audio}`);
      },
    });
  }
}
