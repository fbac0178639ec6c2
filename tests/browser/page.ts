/**
 * One window of a headless Chromium: load a page, run code in it, look at it.
 *
 * @module
 */
import type { Cdp, Message } from "./cdp.ts";

/** Options of `Chromium.page`. */
export interface PageOptions {
  /** Size of the window in CSS pixels. Default 1280x800. */
  readonly width?: number;
  /** Size of the window in CSS pixels. Default 1280x800. */
  readonly height?: number;
  /** Device pixels per CSS pixel. Default 1. */
  readonly scale?: number;
  /** What `prefers-color-scheme` says. Default light. */
  readonly colorScheme?: "light" | "dark";
  /** Runs in the page before its own scripts. */
  readonly before?: string;
}

/** One window. */
export class Page {
  /** What the page wrote to its console, its uncaught errors included, oldest first. */
  readonly console: string[] = [];
  readonly #cdp: Cdp;
  readonly #sessionId: string;
  readonly #targetId: string;
  readonly #unlisten: () => void;
  readonly #loads: PromiseWithResolvers<void>[] = [];

  /** Use `Chromium.page`. */
  constructor(
    cdp: Cdp,
    ids: { readonly sessionId: string; readonly targetId: string },
  ) {
    this.#cdp = cdp;
    this.#sessionId = ids.sessionId;
    this.#targetId = ids.targetId;
    this.#unlisten = cdp.listen(({ method, params, sessionId }) => {
      if (sessionId === this.#sessionId) this.#event(method, params);
    });
  }

  /** Applies the options; `Chromium.page` has done so. */
  async prepare(options: PageOptions): Promise<void> {
    const { width = 1280, height = 800, scale = 1 } = options;
    await this.send("Page.enable");
    await this.send("Runtime.enable");
    await this.send("Log.enable");
    await this.send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: scale,
      mobile: false,
    });
    await this.colorScheme(options.colorScheme ?? "light");
    if (options.before === undefined) return;
    await this.send("Page.addScriptToEvaluateOnNewDocument", {
      source: options.before,
    });
  }

  /** Sends a command of the DevTools protocol. */
  send(method: string, params: Message = {}): Promise<Message> {
    return this.#cdp.send(method, { params, sessionId: this.#sessionId });
  }

  /** Changes what `prefers-color-scheme` says. */
  async colorScheme(value: "light" | "dark"): Promise<void> {
    await this.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value }],
    });
  }

  /** Loads `url`; resolves when its load event has fired. */
  async goto(url: string): Promise<void> {
    const load = Promise.withResolvers<void>();
    this.#loads.push(load);
    await this.send("Page.navigate", { url });
    await load.promise;
  }

  /** The value of an expression in the page, awaited there; it must be JSON. Throws what the page threw. */
  async evaluate<T>(
    expression: string,
    { userGesture = false }: { readonly userGesture?: boolean } = {},
  ): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture,
    }) as {
      readonly result: { readonly value: T };
      readonly exceptionDetails?: {
        readonly text: string;
        readonly exception?: { readonly description?: string };
      };
    };
    if (!exceptionDetails) return result.value;
    throw new Error(
      exceptionDetails.exception?.description ?? exceptionDetails.text,
    );
  }

  /** Waits in the page until an expression is truthy and gives its value; throws with the page's console after `timeoutMs`. */
  async until<T>(expression: string, timeoutMs = 10_000): Promise<T> {
    try {
      return await this.evaluate<T>(`(async () => {
        const end = performance.now() + ${timeoutMs};
        for (;;) {
          const value = await (${expression});
          if (value) return value;
          if (performance.now() > end) throw new Error("Timed out");
          await new Promise((done) => setTimeout(done, 10));
        }
      })()`);
    } catch (cause) {
      throw new Error(
        `Expected ${expression} within ${timeoutMs} ms; the console says: ${
          this.console.join("\n")
        }`,
        { cause },
      );
    }
  }

  /** Clicks with the mouse in the middle of the first element that `selector` finds, which counts as a user's gesture. */
  async click(selector: string): Promise<void> {
    const at = await this.evaluate<{ readonly x: number; readonly y: number }>(
      `(() => {
        const box = document.querySelector(${
        JSON.stringify(selector)
      }).getBoundingClientRect();
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      })()`,
    );
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.send("Input.dispatchMouseEvent", {
        ...at,
        type,
        button: "left",
        clickCount: 1,
      });
    }
  }

  /** The window as PNG. */
  async screenshot(): Promise<Uint8Array<ArrayBuffer>> {
    const { data } = await this.send("Page.captureScreenshot", {
      format: "png",
    });
    return Uint8Array.fromBase64(data as string);
  }

  /** Closes the window. */
  async close(): Promise<void> {
    this.#unlisten();
    await this.#cdp.send("Target.closeTarget", {
      params: { targetId: this.#targetId },
    });
  }

  #event(method: string, params: Message): void {
    switch (method) {
      case "Page.loadEventFired":
        this.#loads.shift()?.resolve();
        break;
      case "Runtime.consoleAPICalled":
        this.console.push(consoleLine(params));
        break;
      case "Runtime.exceptionThrown":
        this.console.push(`uncaught: ${exceptionLine(params)}`);
        break;
      case "Log.entryAdded": {
        const { level, text, url } = params.entry as Record<string, unknown>;
        this.console.push(`${level}: ${text}${url ? ` (${url})` : ""}`);
        break;
      }
    }
  }
}

function consoleLine(params: Message): string {
  const args = params.args as readonly {
    readonly value?: unknown;
    readonly description?: string;
  }[];
  const words = args.map(({ value, description }) =>
    description ?? String(value)
  );
  return `${params.type}: ${words.join(" ")}`;
}

function exceptionLine(params: Message): string {
  const { text, exception } = params.exceptionDetails as {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
  return exception?.description ?? text;
}
