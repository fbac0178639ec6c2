/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What is live on the relay.
 *
 * @module
 */
import { type ReadonlySignal, Signal } from "@moq-deno/hang/signals";
import { shareConnection } from "@moq-deno/hang/watch";

/** The paths of what is announced at the relay at `url`, sorted, for as long as the page lives. */
export function livePaths(url: string): ReadonlySignal<readonly string[]> {
  const paths = new Signal<readonly string[]>([]);
  const { connection } = shareConnection(url);
  void follow(connection.remote.scope().announced(""), paths); // ends with the page
  return paths;
}

async function follow(
  events: AsyncIterable<{ readonly kind: string; readonly path: string }>,
  paths: Signal<readonly string[]>,
): Promise<void> {
  const live = new Set<string>();
  let isDue = false;
  for await (const { kind, path } of events) {
    if (kind === "start") live.add(path);
    if (kind === "end") live.delete(path);
    if (isDue) continue;
    isDue = true;
    // Many may come at once.
    queueMicrotask(() => {
      isDue = false;
      paths.set([...live].sort());
    });
  }
}
