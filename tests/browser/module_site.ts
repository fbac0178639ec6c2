/**
 * A site on loopback with the modules of lite and hang, and with files of a
 * test, as the demo serves them: isolated, with their types taken out.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import { answerPage } from "../../examples/demo/web_server.ts";

const IMPORTS = {
  "@moq-deno/lite": "/lite/mod.ts",
  "@moq-deno/lite/json": "/lite/json/mod.ts",
  "@moq-deno/lite/internal": "/lite/internal.ts",
  "@moq-deno/lite/testing": "/lite/testing.ts",
  "@moq-deno/lite/transport": "/lite/transport/mod.ts",
  "@moq-deno/hang": "/hang/mod.ts",
  "@moq-deno/hang/signals": "/hang/signals/mod.ts",
  "@moq-deno/hang/watch": "/hang/watch/mod.ts",
  "@moq-deno/hang/ui/hang-watch": "/hang/ui/hang_watch.ts",
};

/** A page with `body` that can import the packages by name. */
export function modulePage(body: string): string {
  return `<!doctype html><meta charset="utf-8"><title>Test</title>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
${body}
`;
}

/** Serves pages by path, and the files beside this one under `/tests/`. Dispose of it to end it. */
export class ModuleSite implements AsyncDisposable {
  /** Its address, with a slash at the end. */
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Serves from now on, at `hostname` of this machine. */
  constructor(
    pages: Readonly<Record<string, string>>,
    hostname: string = "127.0.0.1",
  ) {
    this.#server = Deno.serve(
      { hostname, port: 0, onListen() {} },
      (request) => answer(request, pages),
    );
    this.url = `http://${hostname}:${this.#server.addr.port}/`;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function answer(
  request: Request,
  pages: Readonly<Record<string, string>>,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const page = pages[pathname];
  if (page !== undefined) return isolated(page, "text/html");
  const [, file] = /^\/tests\/([a-z0-9_]+\.ts)$/.exec(pathname) ?? [];
  if (file === undefined) return await answerPage(request, { relay: "" });
  const source = await Deno.readTextFile(new URL(file, import.meta.url));
  return isolated(stripTypeScriptTypes(source), "text/javascript");
}

function isolated(body: string, type: string): Response {
  return new Response(body, {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "credentialless",
    },
  });
}
