/**
 * A publisher for tests to kill or freeze: it is in the middle of a frame.
 *
 * @module
 */
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { encodeFrameHeader } from "../../lite/model/frame.ts";
import { commands, say, settings } from "../integration/process/inside.ts";
import { DOOMED, DOOMED_TRACK } from "./steady.ts";

const { port, fingerprint } = settings<{
  readonly port: number;
  readonly fingerprint: string;
}>();
const session = await connect(`moqt://127.0.0.1:${port}`, {
  serverCertificateHashes: [Uint8Array.fromHex(fingerprint)],
});
const broadcast = new BroadcastProducer();
session.publish(DOOMED, broadcast);
const group = broadcast.createTrack(DOOMED_TRACK).group();
group.writeFrame({ timestamp: 0, payload: new Uint8Array(10) });
group.append(encodeFrameHeader(1, 0, 1000));
group.append(new Uint8Array(500));
say("in mid-frame");
for await (const _ of commands()) {
  /* There are no commands; the process ends with its input. */
}
Deno.exit(0);
