// deno-lint-ignore-file no-console
/**
 * Prints what is live and the renditions of each broadcast, as they come and go.
 *
 *     deno run --allow-net examples/guide.ts http://localhost:4443
 *
 * @module
 */
import { Hang, Lite } from "../mod.ts";

const url = Deno.args[0] ?? "http://localhost:4443";
const session = await Lite.connect(url, { role: "subscriber" });

async function show(path: string): Promise<void> {
  for await (const catalog of Hang.consumeCatalog(session.consume(path))) {
    const { video, audio } = catalog;
    const renditions = { ...video?.renditions, ...audio?.renditions };
    console.log(`${path}: ${Object.keys(renditions).join(", ")}`);
  }
}

for await (const { kind, path } of session.announced()) {
  if (kind === "end") console.log(`${path} has ended`);
  if (kind === "start") {
    show(path).catch(({ message }) => console.log(`${path}: ${message}`));
  }
}
