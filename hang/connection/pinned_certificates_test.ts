import assert from "node:assert/strict";
import { pinCertificate, pinnedHashes } from "./pinned_certificates.ts";

Deno.test("pinnedHashes: asks the pinned origin each time, and no other", async () => {
  const hashes = ["ab".repeat(32), "cd".repeat(32)];
  const asked: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => {
      asked.push(new URL(url).pathname);
      return new Response(hashes[asked.length - 1]);
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/live?jwt=a`;
  assert.equal(await pinnedHashes(url), undefined);
  pinCertificate(url);
  const [first] = await pinnedHashes(url) ?? [];
  const [second] = await pinnedHashes(url) ?? [];
  assert.deepEqual([first?.toHex(), second?.toHex()], hashes);
  assert.deepEqual(asked, ["/certificate.sha256", "/certificate.sha256"]);
  assert.equal(await pinnedHashes("https://relay.example/"), undefined);
});
