// deno-lint-ignore-file no-console
/**
 * The time as a track: one group per minute whose first frame is
 * `YYYY-MM-DD HH:MM:`, then one frame `SS` per second, in UTC.
 *
 *     deno run --allow-net examples/clock.ts publish http://localhost:4443
 *     deno run --allow-net examples/clock.ts subscribe http://localhost:4443
 *
 * @module
 */
import {
  BroadcastProducer,
  type GroupProducer,
  type Session,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { printable } from "@moq-deno/lite/internal";
import { connect } from "@moq-deno/lite/deno";

const BROADCAST = "clock";
const TRACK = "seconds";
const SECOND_MS = 1000;
const MINUTE_CHARACTERS = "YYYY-MM-DD HH:MM:".length;

async function publish(session: Session, signal: AbortSignal): Promise<void> {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack(TRACK);
  session.publish(BROADCAST, broadcast);
  let group: GroupProducer | undefined;
  let minute = "";
  const now = Date.now();
  for (let second = now - now % SECOND_MS;; second += SECOND_MS) {
    await sleep(systemClock, second - Date.now(), signal);
    const text = new Date(second).toISOString().replace("T", " ");
    if (text.slice(0, MINUTE_CHARACTERS) !== minute) {
      minute = text.slice(0, MINUTE_CHARACTERS);
      group?.close();
      group = track.group();
      group.writeFrame({ timestamp: second, payload: encode(minute) });
    }
    const digits = text.slice(MINUTE_CHARACTERS, MINUTE_CHARACTERS + 2);
    group?.writeFrame({ timestamp: second, payload: encode(digits) });
  }
}

async function subscribe(session: Session, signal: AbortSignal): Promise<void> {
  for await (const { kind } of session.announced(BROADCAST, signal)) {
    if (kind === "start") await show(session, signal);
  }
}

async function show(session: Session, signal: AbortSignal): Promise<void> {
  const track = session.consume(BROADCAST).track(TRACK);
  for await (const group of track.subscribe({ signal })) {
    let minute: string | undefined;
    for await (const { payload } of group.frames(signal)) {
      const text = new TextDecoder().decode(payload);
      if (minute === undefined) minute = text;
      else console.log(printable(minute + text));
    }
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const COMMANDS = new Map([["publish", publish], ["subscribe", subscribe]]);
const [name = "", url] = Deno.args;
const command = COMMANDS.get(name);
if (!command || !url) {
  console.error("Usage: clock.ts publish|subscribe URL");
  Deno.exit(2);
}

const ending = new AbortController();
const { signal } = ending;
Deno.addSignalListener("SIGINT", () => ending.abort());
const session = await connect(url, { signal });
const ended = session.closed.then((error) => {
  ending.abort();
  return error;
});
try {
  await command(session, signal);
} catch (error) {
  if (!signal.aborted) throw error;
}
session.close();
const error = await ended;
if (error) {
  console.error(error.message);
  Deno.exitCode = 1;
}
