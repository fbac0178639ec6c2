/** Streams that never send their type. */
import assert from "node:assert/strict";
import { Hostile } from "./hostile.ts";
import { SMALL_TRACK, STEADY } from "./steady.ts";
import { faultTest, type Way } from "./world.ts";

const UNI_LIMIT = 1024;
const BIDI_LIMIT = 128;
const MEGABYTE = 1_000_000;
const PEERS = 3;
/** Memory that a silent stream may cost, mostly in the runtime. */
const MAX_STREAM_BYTES = 32 * 1024;
/** Half of a varint. */
const HALF = Uint8Array.of(0x40);

for (const way of ["moqt", "https", "ws"] satisfies Way[]) {
  faultTest(
    `streams without a type harm no other peer (${way})`,
    {},
    async (world) => {
      const { residentBytes: before } = await world.relay.usage();
      const peers: Hostile[] = [];
      for (let count = 0; count < PEERS; count++) {
        const peer = await Hostile.open(world, way);
        peers.push(peer);
        // The streams of HTTP/3 count too, and so do SETUP and CONNECT.
        for (let uni = 0; uni < UNI_LIMIT - 4; uni++) {
          (await peer.openUni()).write(HALF);
        }
        for (let bidi = 0; bidi < BIDI_LIMIT - 1; bidi++) {
          (await peer.openBidi()).send.write(HALF);
        }
      }
      const { residentBytes: after } = await world.relay.usage();
      const most = PEERS * (UNI_LIMIT + BIDI_LIMIT) * MAX_STREAM_BYTES;
      assert.ok(after - before < most, `${(after - before) / MEGABYTE} MB`);
      // Another peer is admitted and served.
      const viewer = await world.connect("moqt");
      const groups = viewer.consume(STEADY).track(SMALL_TRACK).subscribe();
      assert.ok(await groups.next());
      groups.close();
      viewer.close();
      await viewer.closed;
      for (const peer of peers) await peer.leave();
    },
  );
}
