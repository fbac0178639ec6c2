// deno-lint-ignore-file no-console
/**
 * A relay, and the page of `examples/browser` with its modules. There is no build:
 * types are stripped when a file is served.
 *
 *     deno run --allow-net --allow-read examples/browser_server.ts
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import { startRelay } from "@moq-deno/relay/server";

const ROOT = new URL("../", import.meta.url);
const PAGE = new URL("browser/", import.meta.url);
const PAGE_FILE = /^\/\w+\.(html|ts)$/;
const MODULE = /^\/(lite|hang)\/[\w/]+\.ts$/;

/** Serves a file of the page or a module of lite or hang. */
export async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const file = fileOf(pathname === "/" ? "/index.html" : pathname);
  if (!file) return new Response("Nothing here\n", { status: 404 });
  const isModule = file.pathname.endsWith(".ts");
  const type = isModule ? "text/javascript" : "text/html";
  try {
    const text = await Deno.readTextFile(file);
    return new Response(isModule ? stripTypeScriptTypes(text) : text, {
      headers: { "content-type": `${type}; charset=utf-8` },
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Response("No such file\n", { status: 404 });
  }
}

function fileOf(pathname: string): URL | undefined {
  if (PAGE_FILE.test(pathname)) return new URL(`.${pathname}`, PAGE);
  if (MODULE.test(pathname)) return new URL(`.${pathname}`, ROOT);
  return undefined;
}

if (import.meta.main) {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const [at] = relay.httpAddresses;
  const query = new URLSearchParams({ relay: `http://127.0.0.1:${at?.port}/` });
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      console.log(`Open http://127.0.0.1:${port}/?${query}`),
  }, answer);
}
