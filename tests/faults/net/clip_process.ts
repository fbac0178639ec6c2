/**
 * A process with a relay that has the demo's clip.
 *
 * Prints its port when the clip is published.
 *
 * @module
 */
import { openMedia, publishMedia } from "@moq-deno/hang/media";
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { startRelay } from "@moq-deno/relay/server";
import { openFileSource } from "../../../hang/cli/file_source.ts";
import { commands, say } from "../../integration/process/inside.ts";

const PORT = 4443;
const CLIP = new URL("../../../examples/demo/clip.mp4", import.meta.url);

const relay = await startRelay([
  ...["--listen", `0.0.0.0:${PORT}`],
  ...["--auth-public", "**"],
]);
const source = await openFileSource(CLIP);
const media = await openMedia(source);
const session = await connect(`http://127.0.0.1:${PORT}/`, {
  role: "publisher",
});
const broadcast = new BroadcastProducer();
session.publish("demo", broadcast);
const publication = publishMedia(broadcast, media, { loop: true });
say({ port: PORT });
for await (const _ of commands()) { /* until its input ends */ }
publication.close();
await relay.close();
Deno.exit(0);
