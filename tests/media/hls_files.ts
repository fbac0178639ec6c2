/**
 * The output of an HLS server, in a folder, and its content.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { HlsServer } from "@moq-deno/hang/hls";
import { output } from "./tools.ts";

/** The server's root, for requests that use no network. */
export const HLS_ORIGIN = "http://hls.test";

/** Writes everything that the playlists name to files; returns the path of the multivariant playlist. */
export async function saveHls(
  server: HlsServer,
  folder: string,
): Promise<string> {
  const get = async (path: string): Promise<Uint8Array> => {
    const request = new Request(`${HLS_ORIGIN}/${path}`);
    const response = await server.answer(request);
    assert.equal(response.status, 200, path);
    const bytes = await response.bytes();
    const parent = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(`${folder}/${parent}`, { recursive: true });
    await Deno.writeFile(`${folder}/${path}`, bytes);
    return bytes;
  };
  const text = async (path: string): Promise<string> =>
    new TextDecoder().decode(await get(path));
  const master = await text("master.m3u8");
  const lists = master.match(/[^"\n]+media\.m3u8/g) ?? [];
  for (const list of new Set(lists)) {
    const base = list.slice(0, list.lastIndexOf("/"));
    const names = (await text(list)).match(/init-\d+\.mp4|^\d+\.m4s/gm) ?? [];
    for (const name of names) await get(`${base}/${name}`);
  }
  return `${folder}/master.m3u8`;
}

/** A digest of each packet of the first stream of a kind, in decode order. */
export async function digests(
  file: string,
  kind: "v" | "a",
): Promise<string[]> {
  const lines = await output("ffprobe", [
    ...["-select_streams", `${kind}:0`, "-show_data_hash", "md5"],
    ...["-show_entries", "packet=data_hash", "-of", "csv=p=0", file],
  ]);
  return lines.match(/MD5:[0-9a-f]+/g) ?? [];
}
