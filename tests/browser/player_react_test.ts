/**
 * The example for React: its types, its build, and a broadcast in it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bundle } from "../interop/npm/bundle.ts";
import { Chromium, findChromium } from "./chromium.ts";
import { PLAYER, shown } from "./player_page.ts";
import { html, script, Site } from "./site.ts";
import { NAME, Stage } from "./stage.ts";

const path = findChromium();
const EXAMPLE = new URL("../../examples/react/", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const REACT = "19.2.0";
const HEAD = `/** @jsxRuntime automatic */
/** @jsxImportSource npm:react@${REACT} */
/** @jsxImportSourceTypes npm:@types/react@19 */
/// <reference lib="dom" />
`;

/** A file of the example with React from npm: it must not be in this repository's graph. */
function withReact(text: string): string {
  return HEAD + text
    .replace(/import \{([^}]*)\} from "react";/, importOf("react"))
    .replace(
      /import \{([^}]*)\} from "react-dom\/client";/,
      importOf("react-dom", "/client"),
    );
}

/** What an import of a package is replaced by. */
function importOf(name: string, entry = ""): string {
  return `// @ts-types="npm:@types/${name}@19${entry}"
import {$1} from "npm:${name}@${REACT}${entry}";`;
}

/** The example in `folder`; returns its main file. */
async function copyTo(folder: string): Promise<string> {
  const file = `${folder}/main.tsx`;
  const text = await Deno.readTextFile(new URL("main.tsx", EXAMPLE));
  await Deno.writeTextFile(file, withReact(text));
  return file;
}

async function checkTypes(file: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--no-lock", `--config=${CONFIG}`, file],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

Deno.test({
  name: "examples/react: its types are right, it builds and plays",
  ignore: path === undefined,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const file = await copyTo(folder);
      await checkTypes(file);
      const body = await bundle(`import "${file}";`);
      await using stage = await Stage.open();
      await using chromium = await Chromium.launch(path!);
      await using site = new Site({
        "/": html(
          `<div id="root"></div><script type="module" src="main.js"></script>`,
        ),
        "/main.js": script(body),
      });
      const page = await chromium.page();
      const query = new URLSearchParams({ relay: stage.relayUrl, name: NAME });
      await page.goto(`${site.url}?${query}`);
      await shown(page, 10);
      await page.until(
        `document.querySelector("figcaption").textContent === "Live"`,
      );
      assert.equal(await page.evaluate(`${PLAYER}.muted`), true);
      await page.click("figure > button");
      await page.until(
        `${PLAYER}.muted === false && ${PLAYER}.stats.decodedSounds > 20`,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
