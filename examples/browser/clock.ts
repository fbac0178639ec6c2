/**
 * The time as a broadcast: a catalog that names the track, and one group per minute
 * with the text of each second, in UTC.
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
import {
  CatalogProducer,
  consumeCatalog,
  legacyContainer,
} from "@moq-deno/hang";

const BROADCAST = "clock";
const TRACK = "seconds";
const SECOND_MS = 1000;
const MICROSECONDS = 1_000_000;

/** Publishes the time until `signal` aborts, then throws its reason. */
export async function publishClock(
  session: Session,
  signal: AbortSignal,
): Promise<never> {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack(TRACK, { timescale: MICROSECONDS });
  new CatalogProducer(broadcast).update({
    text: { renditions: { [TRACK]: { format: "utf8" } } },
  });
  session.publish(BROADCAST, broadcast);
  let group: GroupProducer | undefined;
  const now = Date.now();
  for (let second = now - now % SECOND_MS;; second += SECOND_MS) {
    await sleep(systemClock, second - Date.now(), signal);
    const text = new Date(second).toISOString().slice(0, 19);
    if (!group || text.endsWith(":00")) {
      group?.close();
      group = track.group();
    }
    const timestampUs = second * SECOND_MS;
    const data = new TextEncoder().encode(text);
    const payload = legacyContainer.encode({ timestampUs, data });
    group.writeFrame({ timestamp: timestampUs, payload });
  }
}

/** Yields the published time until the track ends; throws `signal.reason` on abort. */
export async function* watchClock(
  session: Session,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const broadcast = session.consume(BROADCAST);
  for await (const { path } of session.announced("", signal)) {
    if (path === BROADCAST) break;
  }
  for await (const { text } of consumeCatalog(broadcast, { signal })) {
    const [track] = Object.keys(text?.renditions ?? {});
    if (track === undefined) continue;
    for await (const group of broadcast.track(track).subscribe({ signal })) {
      for await (const { payload } of group.frames(signal)) {
        for (const { data } of legacyContainer.decode(payload)) {
          yield new TextDecoder().decode(data);
        }
      }
    }
    return;
  }
}
