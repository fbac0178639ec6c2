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
import { type DemoPage, notFoundPage, pageAt } from "./pages.ts";
import { relayNumbers } from "./relay_numbers.ts";

const ROOT = new URL("../../", import.meta.url);
const WEB = new URL("web/", import.meta.url);

// What runs in a page; the rest of the modules is for Deno.
const MODULES =
  /^\/(?:lite|hang)\/(?!deno\/|cli\/|media\/)[a-z0-9_/]+(?<!_test|_bench)\.ts$/;
const PAGE_FILE = /^\/web\/[a-z0-9_]+\.(?:css|ts)$/;
const HEADERS = {
  "cache-control": "no-cache",
  // Isolated, so that sound may pass through shared memory.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "credentialless",
};

/** What the page is told. */
export interface DemoFacts {
  /** The relay's URL, as a page at this address uses it. */
  readonly relay: string | ((page: URL) => string);
  /** Where other devices find the pages, if they can. */
  readonly share?: string | undefined;
  /** Whether pages trust the relay's certificate by the hash that its URL shows. Default false. */
  readonly isPinned?: boolean | undefined;
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
    const { relay, share, isPinned } = facts;
    return Response.json({
      relay: typeof relay === "string" ? relay : relay(url),
      share,
      isPinned,
    });
  }
  if (pathname === "/stats.json" && facts.running) {
    return Response.json(relayNumbers(facts.running));
  }
  const page = pageAt(pathname);
  if (typeof page === "string") return movedTo(page);
  try {
    if (page) return await servePage(page);
    const file = fileOf(pathname);
    if (file) return await serveFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await nothingAt(pathname, request);
}

function fileOf(pathname: string): URL | undefined {
  if (PAGE_FILE.test(pathname)) return new URL(pathname.slice(5), WEB);
  if (MODULES.test(pathname)) return new URL(pathname.slice(1), ROOT);
  return undefined;
}

async function servePage({ file, link }: DemoPage): Promise<Response> {
  return html(200, await withParts(await Deno.readTextFile(file), link));
}

async function serveFile(file: URL): Promise<Response> {
  const source = await Deno.readTextFile(file);
  const isModule = file.pathname.endsWith(".ts");
  const type = isModule ? "text/javascript" : "text/css";
  return new Response(isModule ? stripTypeScriptTypes(source) : source, {
    headers: { ...HEADERS, "content-type": `${type}; charset=utf-8` },
  });
}

function movedTo(pathname: string): Response {
  return new Response(null, { status: 302, headers: { location: pathname } });
}

/** A page for people, a line for programs. */
async function nothingAt(
  pathname: string,
  { headers }: Request,
): Promise<Response> {
  return headers.get("accept")?.includes("text/html")
    ? html(404, await notFoundPage(pathname))
    : text(404, `Nothing at ${pathname}`);
}

function html(status: number, body: string): Response {
  const type = "text/html; charset=utf-8";
  return new Response(body, {
    status,
    headers: { ...HEADERS, "content-type": type },
  });
}

function text(status: number, message: string): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}
