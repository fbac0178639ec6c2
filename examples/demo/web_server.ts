/**
 * The demo's web pages: its own files with the parts that they share, and the
 * modules of lite and hang with their types taken out, so that nothing has to be
 * built.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import type { RunningRelay } from "@moq-deno/relay/server";
import { withParts } from "./page_parts.ts";
import { relayNumbers } from "./relay_numbers.ts";

const ROOT = new URL("../../", import.meta.url);
const WEB = new URL("web/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
};

// What runs in a page; the rest of the modules is for Deno.
const MODULES =
  /^\/(?:lite|hang)\/(?!deno\/|cli\/|media\/)[a-z0-9_/]+(?<!_test|_bench)\.ts$/;
const PAGE_FILE = /^\/web\/[a-z0-9_]+\.(?:css|html|ts)$/;

/** What the page is told. */
export interface DemoFacts {
  /** The relay's URL, as a page at this address uses it. */
  readonly relay: string | ((page: URL) => string);
  /** The relay itself, where it runs in this process: what the page of numbers shows. */
  readonly running?: Pick<RunningRelay, "origin" | "sessions"> | undefined;
}

/** Answers the requests of the page. */
export async function answerPage(
  request: Request,
  facts: DemoFacts,
): Promise<Response> {
  const url = new URL(request.url);
  const { pathname } = url;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return text(405, `Expected GET, got ${request.method}`);
  }
  if (pathname === "/demo.json") {
    const { relay } = facts;
    return Response.json({
      relay: typeof relay === "string" ? relay : relay(url),
    });
  }
  if (pathname === "/stats.json" && facts.running) {
    return Response.json(relayNumbers(facts.running));
  }
  const file = fileOf(pathname);
  if (!file) return text(404, `Nothing at ${pathname}`);
  try {
    return await serve(file, pathname);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return text(404, `Nothing at ${pathname}`);
    }
    throw error;
  }
}

function fileOf(pathname: string): URL | undefined {
  if (pathname === "/") return new URL("index.html", WEB);
  if (PAGE_FILE.test(pathname)) return new URL(pathname.slice(5), WEB);
  if (MODULES.test(pathname)) return new URL(pathname.slice(1), ROOT);
  return undefined;
}

async function serve(file: URL, pathname: string): Promise<Response> {
  const source = await Deno.readTextFile(file);
  const ending = file.pathname.slice(file.pathname.lastIndexOf(".") + 1);
  return new Response(await asServed(source, { ending, pathname }), {
    headers: {
      "content-type": TYPES[ending]!,
      "cache-control": "no-cache",
      // Isolated, so that sound may pass through shared memory.
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "credentialless",
    },
  });
}

async function asServed(
  source: string,
  { ending, pathname }: { readonly ending: string; readonly pathname: string },
): Promise<string> {
  switch (ending) {
    case "html":
      return await withParts(source, pathname);
    case "ts":
      return stripTypeScriptTypes(source);
    default:
      return source;
  }
}

function text(status: number, message: string): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}
