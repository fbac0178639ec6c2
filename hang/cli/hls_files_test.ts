import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { openHls } from "../hls/open_hls.ts";
import { filesFor } from "./hls_files.ts";

const PUBLIC = "http://1.1.1.1/live/index.m3u8";
const maxBytes = 1000;

/** A server on loopback that counts requests. */
function serve(answer: (path: string) => Response) {
  let requests = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      requests++;
      return answer(new URL(request.url).pathname);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests: () => requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("filesFor: a public playlist cannot name private addresses", async () => {
  await using server = serve(() => new Response("inside"));
  const { port } = new URL(server.url);
  const names = [
    `${server.url}/a`,
    `http://localhost:${port}/a`,
    `http://[::ffff:127.0.0.1]:${port}/a`,
    `http://2130706433:${port}/a`,
  ];
  for (const url of names) {
    await assert.rejects(
      filesFor().read(url, { maxBytes, referrer: PUBLIC }),
      { code: "unauthorized", message: /--allow-private/ },
    );
  }
  assert.equal(server.requests(), 0);
  for (
    const [grants, referrer] of [
      [{}, undefined],
      [{}, "http://192.168.0.1/index.m3u8"],
      [{}, "file:///tmp/index.m3u8"],
      [{ isPrivateAllowed: true }, PUBLIC],
    ] as const
  ) {
    const url = `${server.url}/a`;
    const { bytes } = await filesFor(grants).read(url, { maxBytes, referrer });
    assert.equal(new TextDecoder().decode(bytes), "inside");
  }
});

Deno.test("filesFor: redirects are followed, and end", async () => {
  await using server = serve(() => new Response("end"));
  await using front = serve((path) =>
    path === "/a"
      ? new Response(null, { status: 302, headers: { location: "/b" } })
      : path === "/b"
      ? new Response(null, {
        status: 307,
        headers: { location: `${server.url}/end` },
      })
      : new Response(null, { status: 302, headers: { location: "/loop" } })
  );
  const files = filesFor();
  const found = await files.read(`${front.url}/a`, { maxBytes });
  assert.equal(found.url, `${server.url}/end`);
  await assert.rejects(files.read(`${front.url}/loop`, { maxBytes }), {
    code: "remote",
    message: /redirects without end/,
  });
});

Deno.test("openHls: a playlist on disk names files of its folder only", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/list`);
    await Deno.writeTextFile(`${folder}/secret.ts`, "secret");
    await Deno.writeTextFile(`${folder}/list/own.ts`, "own");
    await Deno.symlink(`${folder}/secret.ts`, `${folder}/list/link.ts`);
    const url = pathToFileURL(`${folder}/list/index.m3u8`).href;
    const open = async (segment: string, isOutside = false): Promise<void> => {
      const text = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${segment}\n`;
      await Deno.writeTextFile(new URL(url), `${text}#EXT-X-ENDLIST\n`);
      const files = filesFor({ isOutsideAllowed: isOutside });
      (await openHls(url, { files })).close();
    };
    for (
      const segment of [
        "../secret.ts",
        "link.ts",
        pathToFileURL(`${folder}/secret.ts`).href,
        "file:///etc/passwd",
      ]
    ) {
      await assert.rejects(() => open(segment), /--allow-outside/);
    }
    // These are read, and are no media.
    for (const [segment, isOutside] of [["own.ts", false], ["link.ts", true]]) {
      await assert.rejects(
        () => open(String(segment), Boolean(isOutside)),
        (error: Error) => !/--allow/.test(error.message),
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
