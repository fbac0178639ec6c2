/**
 * Playlists and segments from the network and from this machine.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { dirname, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MoqError } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import {
  type HlsFiles,
  type ReadFile,
  type ReadFileOptions,
  webFiles,
} from "../hls/files.ts";
import { openFileSource } from "./file_source.ts";
import { isPrivateAddress } from "./private_address.ts";

/** What a playlist may name that is refused by default. */
interface PlaylistGrants {
  /** Private addresses, also when it comes from a public one. */
  readonly isPrivateAllowed?: boolean;
  /** Files outside of its folder. */
  readonly isOutsideAllowed?: boolean;
}

/** Whether `file`, as it stands on the command line, is a playlist and not media. */
export function isPlaylist(file: string): boolean {
  return /^https?:/.test(file) || /\.m3u8?$/i.test(file);
}

/** Where `file` is, a path or a URL. */
export function urlOfPlaylist(file: string): string {
  return /^https?:/.test(file) ? file : pathToFileURL(resolve(file)).href;
}

/**
 * HTTP, and files for those playlists that are files themselves. Without a grant, a playlist from a public address cannot
 * make us fetch from private ones, nor one on disk read what is not in its folder.
 */
export function filesFor(grants: PlaylistGrants = {}): HlsFiles {
  const web = webFiles({
    check: (url, referrer) =>
      grants.isPrivateAllowed ? Promise.resolve() : checkAddress(url, referrer),
  });
  return {
    async read(url, options) {
      if (!url.startsWith("file:")) return await web.read(url, options);
      if (!grants.isOutsideAllowed) await checkFolder(url, options.referrer);
      return await readFile(url, options);
    },
  };
}

async function checkAddress(
  url: string,
  referrer: string | undefined,
): Promise<void> {
  if (referrer === undefined || !/^https?:/.test(referrer)) return;
  const address = await privateAddressOf(url);
  if (address === undefined) return;
  // A playlist within the own network may name what is there.
  if (await privateAddressOf(referrer) !== undefined) return;
  throw new MoqError(
    "unauthorized",
    `Expected a public address, ${referrer} names ${url} at ${address}; --allow-private lets it`,
  );
}

/** The private address at which `url` is, if it has one. */
async function privateAddressOf(url: string): Promise<string | undefined> {
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address).find(isPrivateAddress);
}

async function checkFolder(
  url: string,
  referrer: string | undefined,
): Promise<void> {
  if (referrer === undefined) return;
  const folder = await realPath(dirname(fileURLToPath(referrer)));
  const path = await realPath(fileURLToPath(url));
  const inside = folder.endsWith(sep) ? folder : folder + sep;
  if (path.startsWith(inside)) return;
  throw new MoqError(
    "unauthorized",
    `Expected a file in ${folder}, ${referrer} names ${path}; --allow-outside lets it`,
  );
}

/** Where links lead; of what is not there, the path itself. */
async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    return path; // Reading it says what is wrong.
  }
}

async function readFile(
  url: string,
  { range, maxBytes }: ReadFileOptions,
): Promise<ReadFile> {
  try {
    using file = await openFileSource(new URL(url));
    const start = range?.offset ?? 0;
    const end = range ? start + range.length : file.size;
    if (end > file.size || end - start > maxBytes) {
      throw new MoqError(
        "too-large",
        `Expected at most ${
          Math.min(maxBytes, file.size - start)
        } bytes in ${url}, got ${end - start}`,
      );
    }
    return { bytes: new Uint8Array(await file.read(start, end)), url };
  } catch (error) {
    if (error instanceof MoqError) throw error;
    const reason = messageOf(error);
    throw new MoqError("not-found", `Expected ${url}, got: ${reason}`);
  }
}
