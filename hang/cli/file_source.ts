/**
 * A file on disk as a source of media: read where needed, never as a whole.
 *
 * @module
 */
import { abortable } from "@moq-deno/lite/internal";
import type { RandomAccess } from "../media/source.ts";

/** An open file; the caller closes it. */
export interface OpenFile extends RandomAccess, Disposable {}

/** Opens `path` for `openMedia`, as a stream when it is a pipe, which may wait for its writer; throws as `Deno.open` does, and `signal.reason`. */
export async function openSource(
  path: string,
  signal: AbortSignal,
): Promise<OpenFile | ReadableStream<Uint8Array>> {
  const { isFile } = await Deno.stat(path);
  return isFile ? await openFileSource(path) : await openStream(path, signal);
}

/** Opens `path` to be read once from its beginning, `-` for standard input. */
export async function openStream(
  path: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  if (path === "-") return Deno.stdin.readable;
  const opening = Deno.open(path);
  try {
    return (await abortable(opening, signal)).readable;
  } catch (error) {
    // A wait that was given up may still end with an open file; that it failed is known already.
    opening.then((file) => file.close(), () => undefined);
    throw error;
  }
}

/** Opens the file `path` for `openMedia`; throws `Deno.errors` as `Deno.open` does. */
export async function openFileSource(path: string | URL): Promise<OpenFile> {
  const file = await Deno.open(path);
  const { size } = await file.stat();
  // Seek and read are two calls on one position, hence one reader at a time.
  let last: Promise<unknown> = Promise.resolve();
  return {
    size,
    read(start, end) {
      const result = last.then(() => readRange(file, { start, end }));
      last = result.catch(() => undefined); // reported to the reader of that range
      return result;
    },
    [Symbol.dispose]: () => file.close(),
  };
}

async function readRange(
  file: Deno.FsFile,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  await file.seek(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.byteLength;) {
    const count = await file.read(bytes.subarray(at));
    // The file has become shorter since it was opened.
    if (count === null) return bytes.subarray(0, at);
    at += count;
  }
  return bytes;
}
