/**
 * A headless Chromium for tests: start it, open pages, run code in them, look
 * at them, end it.
 *
 * @module
 */
import { Cdp } from "./cdp.ts";
import { Page, type PageOptions } from "./page.ts";

export { Page, type PageOptions };

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
  "--remote-debugging-port=0",
];

/**
 * Path of the Chromium to test with: `CHROMIUM`, else where it usually is; `undefined`, with a line that
 * says so, when there is none. Throws in that case when `CI` is "true".
 */
export function findChromium(): string | undefined {
  const places = [Deno.env.get("CHROMIUM") ?? [], PLACES].flat();
  const found = places.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false; // Not there, or not for us.
    }
  });
  if (found !== undefined) return found;
  const missing = `Expected Chromium at one of ${places.join(", ")}, got none`;
  if (Deno.env.get("CI") === "true") throw new Error(missing);
  // deno-lint-ignore no-console
  console.warn(`SKIPPED: ${missing}`);
  return undefined;
}

/** A browser that runs; dispose of it to end it and to remove its profile. */
export class Chromium implements AsyncDisposable {
  readonly #cdp: Cdp;
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #profile: string;

  private constructor(parts: {
    readonly cdp: Cdp;
    readonly process: Deno.ChildProcess;
    readonly reading: Promise<void>;
    readonly profile: string;
  }) {
    this.#cdp = parts.cdp;
    this.#process = parts.process;
    this.#reading = parts.reading;
    this.#profile = parts.profile;
  }

  /** Starts the Chromium at `path`, see {@linkcode findChromium}, with more flags if wanted. */
  static async launch(
    path: string,
    flags: readonly string[] = [],
  ): Promise<Chromium> {
    const profile = await Deno.makeTempDir({ prefix: "chromium-" });
    const process = new Deno.Command(path, {
      args: [...FLAGS, `--user-data-dir=${profile}`, ...flags, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const lines = process.stderr.pipeThrough(new TextDecoderStream())
      .getReader();
    let said = "";
    for (;;) {
      const { value, done } = await lines.read();
      if (done) throw new Error(`Expected Chromium to start, it said: ${said}`);
      said += value;
      const [, address] = /DevTools listening on (ws:\S+)\s/.exec(said) ?? [];
      if (address === undefined) continue;
      const reading = readToEnd(lines);
      const cdp = await Cdp.connect(address);
      return new Chromium({ cdp, process, reading, profile });
    }
  }

  /** Opens a window of its own, with storage of its own. */
  async page(options: PageOptions = {}): Promise<Page> {
    const { browserContextId } = await this.#cdp.send(
      "Target.createBrowserContext",
    );
    const { targetId } = await this.#cdp.send("Target.createTarget", {
      params: { url: "about:blank", browserContextId },
    });
    const { sessionId } = await this.#cdp.send("Target.attachToTarget", {
      params: { targetId, flatten: true },
    });
    const page = new Page(this.#cdp, {
      sessionId: sessionId as string,
      targetId: targetId as string,
    });
    await page.prepare(options);
    return page;
  }

  /** Ids of all of its processes, on Linux. */
  async processes(): Promise<readonly number[]> {
    const all = [this.#process.pid];
    for (const pid of all) {
      const file = `/proc/${pid}/task/${pid}/children`;
      const children = await Deno.readTextFile(file).catch(() => ""); // It has ended.
      all.push(...children.split(" ").filter(Boolean).map(Number));
    }
    return all;
  }

  /** Ends the browser and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cdp.send("Browser.close").catch(() => {
      // It may be gone before it has answered.
    });
    await this.#process.status;
    await this.#reading;
    await this.#cdp.close();
    await Deno.remove(this.#profile, { recursive: true });
  }
}

async function readToEnd(
  lines: ReadableStreamDefaultReader<string>,
): Promise<void> {
  while (!(await lines.read()).done);
}
