/**
 * `chat`: a person in a room who writes and reads. The room is the path before
 * the person's name; each line is a frame of the track that the catalog's
 * section `chat` names.
 *
 * @module
 */
import {
  asMoqError,
  BroadcastProducer,
  type Session,
  type TrackProducer,
} from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { consumeCatalog } from "../catalog/consumer.ts";
import { CatalogProducer } from "../catalog/producer.ts";
import { SIDE_TRACK_PRIORITY } from "../catalog/room.ts";
import { sessionError } from "./announced.ts";
import type { ChatArguments } from "./arguments.ts";
import { trust } from "./relay.ts";
import { endSignal, print, printable, say } from "./terminal.ts";

const MESSAGE_TRACK = "chat/message.txt";
const MAX_MESSAGE_BYTES = 4096;
const priority = SIDE_TRACK_PRIORITY.chat;

/** Publishes each line of standard input and prints what the others in the room write, until the input and the time end. */
export async function chat(args: ChatArguments): Promise<void> {
  using end = endSignal(args.seconds);
  const { signal } = end;
  await using session = await connect(args.url, { ...trust(args), signal });
  const slash = args.name.lastIndexOf("/");
  const room = args.name.slice(0, Math.max(0, slash));
  const person = args.name.slice(slash + 1);
  const broadcast = new BroadcastProducer();
  new CatalogProducer(broadcast).update({
    user: { name: person },
    chat: { message: { name: MESSAGE_TRACK, priority } },
  });
  const track = broadcast.createTrack(MESSAGE_TRACK, { priority });
  session.publish(args.name, broadcast);
  say(`in ${JSON.stringify(room)} as ${person}; Ctrl-C leaves\n`);
  // Not awaited: after Ctrl-C a terminal delivers nothing more. What fails in there is said there.
  sendLines(track, signal);
  await readRoom(session, { room, person, signal });
  broadcast.close();
}

async function sendLines(
  track: TrackProducer,
  signal: AbortSignal,
): Promise<void> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of Deno.stdin.readable) {
      const lines = (text + decoder.decode(chunk, { stream: true })).split(
        "\n",
      );
      text = lines.pop()!.slice(0, MAX_MESSAGE_BYTES);
      for (const line of lines) send(track, line);
      if (signal.aborted) return;
    }
  } catch (error) {
    say(`no more is read: ${asMoqError(error).message}\n`);
  }
}

function send(track: TrackProducer, line: string): void {
  const payload = new TextEncoder().encode(line.trim());
  if (payload.byteLength === 0) return;
  track.writeFrame({
    timestamp: Date.now(),
    payload: payload.subarray(0, MAX_MESSAGE_BYTES),
  });
}

async function readRoom(
  session: Session,
  { room, person, signal }: {
    readonly room: string;
    readonly person: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const readers = new Map<string, AbortController>();
  try {
    for await (const { kind, path } of session.announced(room, signal)) {
      if (path === person || path === "" || kind === "update") continue;
      readers.get(path)?.abort();
      readers.delete(path);
      if (kind !== "start") continue;
      const reader = new AbortController();
      readers.set(path, reader);
      const name = room === "" ? path : `${room}/${path}`;
      readPerson(session, { name, path, signal: reader.signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    for (const reader of readers.values()) reader.abort();
  }
  if (!signal.aborted) throw await sessionError(session);
}

/** Prints what one person writes until `signal` aborts; what goes wrong is said, and ends only this person. */
async function readPerson(
  session: Session,
  { name, path, signal }: {
    readonly name: string;
    readonly path: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  try {
    const broadcast = session.consume(name);
    for await (const { chat, user } of consumeCatalog(broadcast, { signal })) {
      if (!chat?.message) continue;
      const subscription = broadcast.track(chat.message.name)
        .subscribe({ priority, signal });
      for await (const group of subscription) {
        for await (const { payload } of group.frames(signal)) {
          print(`${printable(user?.name ?? path)}: ${textOf(payload)}\n`);
        }
      }
      return;
    }
  } catch (error) {
    if (!signal.aborted) say(`${path}: ${asMoqError(error).message}\n`);
  }
}

function textOf(payload: Uint8Array): string {
  return printable(
    new TextDecoder().decode(payload.subarray(0, MAX_MESSAGE_BYTES)),
  );
}
