/**
 * The peer's control stream: SETTINGS, then other frames. RFC 9114 sections
 * 6.2.1 and 7.2.
 *
 * @module
 */
import type { ByteReader } from "./byte_reader.ts";
import { Http3Error } from "./error.ts";
import { FRAME, readFrameHeader, rejectKnown } from "./frames.ts";
import { decodeSettings, type Settings } from "./settings.ts";

// Ignored: there are no pushes, and a session has its own drain.
const SKIPPED: ReadonlySet<number> = new Set([
  FRAME.cancelPush,
  FRAME.goaway,
  FRAME.maxPushId,
]);

/** Reads SETTINGS, the first frame of a control stream; any other frame throws {@linkcode Http3Error}. */
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

/** Reads the frames after SETTINGS until the stream ends; frames that belong elsewhere throw {@linkcode Http3Error}. */
export async function watchControl(reader: ByteReader): Promise<void> {
  for (;;) {
    const header = await readFrameHeader(reader);
    if (!header) return;
    if (!SKIPPED.has(header.type)) rejectKnown(header.type);
    await reader.skip(header.length);
  }
}
