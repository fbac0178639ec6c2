/** The programs of the README, as they are there. */
import { serveRelay } from "@moq-deno/relay/server";
import { DENO_RUN, Program, ROOT, runDeno } from "./process.ts";

const URL_THERE = "http://localhost:4443";
const IMPORTS =
  `import { BroadcastProducer, sleep, systemClock } from "@moq-deno/lite";
import { connect, reconnect } from "@moq-deno/lite/deno";
`;

/** The blocks of the section about publishing and subscribing. */
async function programs(): Promise<readonly string[]> {
  const page = await Deno.readTextFile(new URL("README.md", ROOT));
  const [, section = ""] = /## Publish and subscribe\n(.*?)\n## /s.exec(page) ??
    [];
  return [...section.matchAll(/```ts ignore\n(.*?)```/gs)]
    .map(([, text = ""]) => text);
}

/** Writes `text` as a program inside the checkout for the time of `test`. */
async function withFile(
  text: string,
  test: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({
    dir: new URL("tests/", ROOT).pathname,
  });
  try {
    const path = `${folder}/program.ts`;
    await Deno.writeTextFile(path, text);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("README: the viewer prints what the publisher writes", async () => {
  const [publisher = "", viewer = ""] = await programs();
  const relay = await serveRelay({ listen: "127.0.0.1:0" });
  const url = `http://127.0.0.1:${relay.httpAddresses[0]?.port}`;
  const here = (text: string): string => text.replaceAll(URL_THERE, url);
  try {
    await withFile(
      here(publisher),
      (first) =>
        withFile(here(viewer), async (second) => {
          const options = { cwd: ROOT };
          await using _publisher = new Program([...DENO_RUN, first], options);
          await using reader = new Program([...DENO_RUN, second], options);
          await reader.prints(/^hello\n/);
        }),
    );
  } finally {
    await relay.close();
  }
});

Deno.test("README: its further snippets have the right types", async () => {
  const [, , json = "", reconnecting = ""] = await programs();
  const [publishes = "", reads = ""] = json.split("// The viewer");
  const session = `const session = await connect("${URL_THERE}");
const alice = new BroadcastProducer();
`;
  const parts = [
    `${IMPORTS}${session}${publishes}// The viewer${reads}`,
    `${IMPORTS}${reconnecting}`,
  ];
  for (const text of parts) {
    await withFile(text, async (path) => {
      await runDeno(["check", "--quiet", path], { cwd: ROOT });
    });
  }
});
