/**
 * A package registry on loopback with the packages that tests publish: enough of
 * JSR for `deno publish` to upload a workspace and for `deno run jsr:…` to import
 * it. It checks neither owners nor licences.
 *
 * @module
 */
import { type Files, readTar } from "./tar.ts";

/** A running registry. */
export interface LoopbackJsr extends AsyncDisposable {
  /** The value for `JSR_URL`. */
  readonly url: string;
  /** The files of every published version, by package and version. */
  readonly packages: ReadonlyMap<string, ReadonlyMap<string, Files>>;
}

type Packages = Map<string, Map<string, Files>>;

/** The part of a package's `deno.json` that the description of a version repeats. */
interface Manifest {
  readonly exports: string | Readonly<Record<string, string>>;
}

const MAX_UPLOAD_BYTES = 8 * 1024 * 1024;

const API = new URLPattern({
  pathname: "/api/scopes/:scope/packages/:name{/versions/:version}?",
});
const PACKAGE = new URLPattern({ pathname: "/@:scope/:name/meta.json" });
const VERSION = new URLPattern({
  pathname: "/@:scope/:name/:version([^/]+)_meta.json",
});
const FILE = new URLPattern({ pathname: "/@:scope/:name/:version/:path+" });

/** Starts a registry on a free port; disposal ends it. */
export function serveLoopbackJsr(): LoopbackJsr {
  const packages: Packages = new Map();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => answer(request, packages),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    packages,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function answer(
  request: Request,
  packages: Packages,
): Promise<Response> {
  const { url } = request;
  const api = API.exec(url)?.pathname.groups;
  if (api) {
    const { scope, name, version } = api;
    if (version === undefined) return Response.json({ scope, name });
    if (request.method !== "POST") return notFound();
    const versions = packages.getOrInsertComputed(
      `@${scope}/${name}`,
      () => new Map(),
    );
    versions.set(version, await readUpload(request));
    return Response.json({ id: crypto.randomUUID(), status: "success" });
  }
  const groups = (PACKAGE.exec(url) ?? VERSION.exec(url) ?? FILE.exec(url))
    ?.pathname.groups;
  const versions = packages.get(`@${groups?.scope}/${groups?.name}`);
  if (!groups || !versions) return notFound();
  if (groups.version === undefined) return describePackage(versions, groups);
  const files = versions.get(groups.version);
  if (!files) return notFound();
  return groups.path === undefined
    ? await describeVersion(files)
    : serveFile(files, `/${groups.path}`);
}

async function readUpload(request: Request): Promise<Files> {
  const body = request.body?.pipeThrough(new DecompressionStream("gzip"));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_UPLOAD_BYTES) {
      throw new RangeError(
        `Expected a package of at most ${MAX_UPLOAD_BYTES} bytes, got more`,
      );
    }
    chunks.push(chunk);
  }
  return readTar(await new Blob(chunks).bytes());
}

function describePackage(
  versions: ReadonlyMap<string, Files>,
  { scope, name }: Readonly<Record<string, string | undefined>>,
): Response {
  const all = [...versions.keys()];
  return Response.json({
    scope,
    name,
    latest: all.at(-1),
    versions: Object.fromEntries(all.map((version) => [version, {}])),
  });
}

async function describeVersion(files: Files): Promise<Response> {
  const manifest: Record<string, unknown> = {};
  for (const [path, bytes] of files) {
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    const checksum = `sha256-${new Uint8Array(digest).toHex()}`;
    manifest[path] = { size: bytes.byteLength, checksum };
  }
  const { exports }: Manifest = JSON.parse(
    new TextDecoder().decode(files.get("/deno.json")),
  );
  return Response.json({
    manifest,
    exports: typeof exports === "string" ? { ".": exports } : exports,
  });
}

function serveFile(files: Files, path: string): Response {
  const bytes = files.get(path);
  if (!bytes) return notFound();
  const type = path.endsWith(".json") ? "application/json" : "text/typescript";
  return new Response(bytes, { headers: { "content-type": type } });
}

function notFound(): Response {
  return new Response("Not found\n", { status: 404 });
}
