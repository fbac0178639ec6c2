/**
 * Everything around a page that publishes: a relay in a process of its own, the
 * demo's pages, and a Chromium with a camera and a microphone whose picture and
 * tone are known.
 *
 * @module
 */
import { pageFrom, type PageServer } from "../../examples/demo/ports.ts";
import { output } from "../media/tools.ts";
import { DENO_RUN, Program, ROOT } from "../package/process.ts";
import type { Chromium, Page, PageOptions } from "./chromium.ts";

const FIRST_PAGE_PORT = 18_290;

/** The element that publishes, as an expression for the page. */
export const PUBLISHER = `document.querySelector("hang-publish")`;
/** Path of the broadcast. */
export const NAME = "camera";
/** The colour of the left half of the camera's picture, and of the right one: red, green, blue. */
export const LEFT: readonly number[] = [0x20, 0x60, 0xe0];
/** See {@linkcode LEFT}. */
export const RIGHT: readonly number[] = [0xe0, 0x60, 0x20];
/** The microphone's tone in hertz. */
export const TONE_HERTZ = 1000;

/** A camera that shows two colours and a microphone with a tone, as files that Chromium plays over and over. */
export class Devices implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the files; needs ffmpeg. */
  static async make(size = "640x360", rate = 30): Promise<Devices> {
    const folder = await Deno.makeTempDir({ prefix: "devices-" });
    const [width, height] = size.split("x").map(Number);
    const half = `${width! / 2}x${height}`;
    const hex = (colour: readonly number[]) =>
      `0x${Uint8Array.from(colour).toHex()}`;
    const colour = (of: readonly number[]) =>
      `color=c=${hex(of)}:s=${half}:r=${rate}:d=2`;
    await output("ffmpeg", [
      ...["-f", "lavfi", "-i", colour(LEFT)],
      ...["-f", "lavfi", "-i", colour(RIGHT)],
      ...["-filter_complex", "hstack", "-pix_fmt", "yuv420p"],
      ...["-y", `${folder}/camera.y4m`],
    ]);
    await output("ffmpeg", [
      ...["-f", "lavfi", "-i", `sine=f=${TONE_HERTZ}:r=48000:d=3`],
      // As loud as a sine can be: what the browser does to voices takes most of it away.
      ...["-af", "volume=8", "-ac", "1", "-y", `${folder}/microphone.wav`],
    ]);
    return new Devices(folder);
  }

  /** What Chromium has to be told. */
  get flags(): readonly string[] {
    return [
      "--autoplay-policy=no-user-gesture-required",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-video-capture=${this.#folder}/camera.y4m`,
      `--use-file-for-fake-audio-capture=${this.#folder}/microphone.wav`,
    ];
  }

  /** Removes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A relay and the server of the demo's pages; dispose of it to end them. */
export class PublishStage implements AsyncDisposable {
  readonly #address: string;
  readonly #web: PageServer;
  #relay: Program;

  private constructor(
    parts: { readonly address: string; readonly relay: Program },
  ) {
    this.#address = parts.address;
    this.#relay = parts.relay;
    this.#web = pageFrom(FIRST_PAGE_PORT, { relay: this.relayUrl });
  }

  /** Starts everything. */
  static async open(): Promise<PublishStage> {
    return new PublishStage(await startRelay("127.0.0.1:0"));
  }

  /** Where the relay is, for browsers and for others. */
  get relayUrl(): string {
    return `http://${this.#address}/`;
  }

  /** Address of the demo's pages. */
  get url(): string {
    return `http://127.0.0.1:${this.#web.addr.port}/`;
  }

  /** The process of the relay. */
  get relay(): Program {
    return this.#relay;
  }

  /** Opens the page that publishes, as `NAME` and without a viewer of its own, and waits until its element is there. */
  async publisher(chromium: Chromium, options?: PageOptions): Promise<Page> {
    const page = await chromium.page(options);
    await page.goto(`${this.url}publish/${NAME}#viewer=off`);
    await page.until(`${PUBLISHER}?.publisher`);
    return page;
  }

  /** Opens the page that plays `NAME`. */
  async viewer(chromium: Chromium, options?: PageOptions): Promise<Page> {
    const page = await chromium.page(options);
    await page.goto(`${this.url}watch/${NAME}`);
    return page;
  }

  /** Ends the relay and starts another on the same port; resolves when that one listens. */
  async restartRelay(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.#relay.stop(signal);
    await this.#relay[Symbol.asyncDispose]();
    this.#relay = (await startRelay(this.#address)).relay;
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#web.shutdown();
    await this.#relay[Symbol.asyncDispose]();
  }
}

async function startRelay(
  listen: string,
): Promise<{ readonly relay: Program; readonly address: string }> {
  const flags = [
    ...["--listen", listen],
    ...["--quic-idle-timeout", "5s", "--quic-keep-alive", "2s"],
  ];
  const relay = new Program([...DENO_RUN, "relay/main.ts", ...flags], {
    cwd: ROOT,
  });
  const [, address = ""] = await relay.prints(
    /^ *listening +(127\.0\.0\.1:\d+)/m,
  );
  return { relay, address };
}
