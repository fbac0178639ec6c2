/**
 * The peer's control stream: SETTINGS first, then whatever may follow, RFC 9114
 * sections 6.2.1 and 7.2.
 *
 * @module
 */
import type { ByteReader } from "./byte_reader.ts";
import { Http3Error } from "./error.ts";
import { FRAME, readFrameHeader, rejectKnown } from "./frames.ts";
import { decodeSettings, type Settings } from "./settings.ts";

// They mean nothing here: there are no pushes, and a session has a drain of its own.
const SKIPPED: ReadonlySet<number> = new Set([
  FRAME.cancelPush,
  FRAME.goaway,
  FRAME.maxPushId,
]);

/** The first frame of a control stream; anything but SETTINGS throws {@linkcode Http3Error}. */
export async function readHttp3Settings(reader: ByteReader): Promise<Settings> {
  const first = await readFrameHeader(reader);
  if (first?.type !== FRAME.settings) {
    throw new Http3Error(
      "missingSettings",
      `Expected SETTINGS first, got ${first?.type ?? "the end"}`,
    );
  }
  return decodeSettings(await reader.bytes(first.length));
}

/** Reads on behind SETTINGS until the stream ends; frames that belong elsewhere throw {@linkcode Http3Error}. */
export async function watchControl(reader: ByteReader): Promise<void> {
  for (;;) {
    const header = await readFrameHeader(reader);
    if (!header) return;
    if (!SKIPPED.has(header.type)) rejectKnown(header.type);
    await reader.skip(header.length);
  }
}
