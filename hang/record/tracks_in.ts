/**
 * Which tracks of a broadcast a catalog names.
 *
 * @module
 */
import type { Catalog } from "../catalog/catalog.ts";

/** The tracks that `catalog` names and that are in the broadcast itself. */
export function tracksIn(catalog: Catalog): string[] {
  const own = (entries: object | undefined): string[] =>
    Object.entries(entries ?? {})
      .filter(([, config]) => config?.broadcast === undefined)
      .map(([name]) => name);
  const side = [
    catalog.chat?.message,
    catalog.chat?.typing,
    catalog.location?.track,
    catalog.location?.peers,
    catalog.preview,
    catalog.audio?.captions?.track,
    catalog.audio?.speaking?.track,
    catalog.video?.detection?.track,
  ];
  return [
    ...own(catalog.video?.renditions),
    ...own(catalog.audio?.renditions),
    ...own(catalog.text?.renditions),
    ...own(catalog.json?.tracks),
    ...own(catalog.binary?.tracks),
    ...side.flatMap((track) => track ? [track.name] : []),
  ];
}
