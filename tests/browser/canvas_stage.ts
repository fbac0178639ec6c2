/**
 * A relay in a process of its own, a page that publishes numbered pictures and
 * beeps, and a page with players.
 *
 * @module
 */
import { DENO_RUN, Program, ROOT } from "../package/process.ts";
import type { PublishOptions } from "./canvas_publisher.ts";
import { Chromium, type Page, type PageOptions } from "./chromium.ts";
import { modulePage, ModuleSite } from "./module_site.ts";

/** Path of the broadcast. */
export const CANVAS_NAME = "canvas";

const FLAGS = ["--autoplay-policy=no-user-gesture-required"];

/** Options of {@linkcode CanvasStage.open}. */
export interface CanvasStageOptions {
  /** Chromium's path. */
  readonly chromium: string;
  /** What is published. */
  readonly media: Omit<PublishOptions, "url" | "name">;
  /** HTML of the page with players; `RELAY` in it becomes the relay's URL. */
  readonly players: string;
  /** Of the page with players. */
  readonly page?: PageOptions;
  /** Whether the page with players has a browser of its own. */
  readonly separate?: boolean;
}

/** Everything; dispose of it to end it. */
export class CanvasStage implements AsyncDisposable {
  readonly #resources: AsyncDisposableStack;
  /** The relay's process. */
  readonly relay: Program;
  /** The browser of the page that plays. */
  readonly browser: Chromium;
  /** The page that publishes. */
  readonly publisher: Page;
  /** The page that plays. */
  readonly viewer: Page;
  /** The relay's URL. */
  readonly url: string;

  private constructor(
    parts: {
      readonly resources: AsyncDisposableStack;
      readonly relay: Program;
      readonly browser: Chromium;
      readonly publisher: Page;
      readonly viewer: Page;
      readonly url: string;
    },
  ) {
    this.#resources = parts.resources;
    this.relay = parts.relay;
    this.browser = parts.browser;
    this.publisher = parts.publisher;
    this.viewer = parts.viewer;
    this.url = parts.url;
  }

  /** Starts everything; resolves when the pages are loaded. */
  static async open(options: CanvasStageOptions): Promise<CanvasStage> {
    await using resources = new AsyncDisposableStack();
    const relay = resources.use(
      new Program([
        ...DENO_RUN,
        "relay/main.ts",
        ...["--listen", "127.0.0.1:0"],
      ], { cwd: ROOT }),
    );
    const [, address] = await relay.prints(
      /^ *listening +(127\.0\.0\.1:\d+)/m,
    );
    const url = `http://${address}/`;
    const site = resources.use(
      new ModuleSite({
        "/publisher": modulePage(
          `<script type="module" src="/tests/canvas_publisher.ts"></script>`,
        ),
        "/players": modulePage(options.players.replaceAll("RELAY", url)),
      }),
    );
    const launch = async () =>
      resources.use(await Chromium.launch(options.chromium, FLAGS));
    const chromium = await launch();
    const publisher = await chromium.page();
    await publisher.goto(`${site.url}publisher`);
    const publish = { ...options.media, url, name: CANVAS_NAME };
    await publisher.until("globalThis.publish !== undefined");
    await publisher.evaluate(`publish(${JSON.stringify(publish)})`);
    const browser = options.separate ? await launch() : chromium;
    const viewer = await browser.page(options.page);
    await viewer.goto(`${site.url}players`);
    return new CanvasStage({
      resources: resources.move(),
      relay,
      browser,
      publisher,
      viewer,
      url,
    });
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]();
  }
}

/** A player of the broadcast, and what reads its pictures and sound. */
export function playersPage(elements: readonly string[]): string {
  const players = elements.map((attributes) =>
    `<hang-watch url="RELAY" name="${CANVAS_NAME}" ${attributes}></hang-watch>`
  );
  return `<style>hang-watch { width: 384px }</style>
${players.join("\n")}
<script type="module">
import "@moq-deno/hang/ui/hang-watch";
await import("/tests/av_page.ts");
</script>`;
}
