/**
 * Records a broadcast into an MP4 file until it ends or Ctrl-C.
 *
 *     deno run --allow-net --allow-write examples/record.ts http://localhost:4443 demo demo.mp4
 *
 * @module
 */
import { subscribeMedia, writeMedia } from "@moq-deno/hang/media";
import { connect } from "@moq-deno/lite/deno";

const [url = "http://localhost:4443", name = "demo", file = "demo.mp4"] =
  Deno.args;
const session = await connect(url, { role: "subscriber" });
await session.whenAnnounced(name);
const media = await subscribeMedia(session.consume(name));
Deno.addSignalListener("SIGINT", () => media.close());

const target = { create: true, truncate: true, write: true };
const { writable } = await Deno.open(file, target);
await writeMedia(media, writable);
session.close();
Deno.exit();
