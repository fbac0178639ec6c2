import assert from "node:assert/strict";
import { elementsManifest } from "./elements_manifest.ts";
import { ROOT } from "./process.ts";

const manifest = await elementsManifest();
const [watch] = manifest.modules[0]!.declarations;
assert.ok(watch);
const docs = await Deno.readTextFile(new URL("docs/watch.md", ROOT));
// What only holds other parts, or exists for one layout, is no promise.
const INNER = ["root", "spinner", "status-text", "line"];

Deno.test("docs/watch.md names everything that a page can use of hang-watch", () => {
  const names = [
    watch.attributes,
    watch.members,
    watch.events,
    watch.slots.filter(({ name }) => name !== ""),
    watch.cssParts.filter(({ name }) => !INNER.includes(name)),
    watch.cssProperties,
  ].flat().map(({ name }) => name);
  assert.deepEqual(names.filter((name) => !docs.includes(`\`${name}\``)), []);
});

Deno.test("docs/watch.md names every state of hang-watch", async () => {
  const source = await Deno.readTextFile(
    new URL("hang/watch/player_state.ts", ROOT),
  );
  const [kinds = ""] = /readonly kind:[^;]*;/.exec(source) ?? [];
  const states = Array.from(kinds.matchAll(/"([a-z-]+)"/g), ([, kind]) => kind);
  assert.ok(states.length > 5);
  assert.deepEqual(states.filter((kind) => !docs.includes(`\`${kind}\``)), []);
});

for (const { declarations: [element] } of manifest.modules) {
  Deno.test(`custom-elements.json: ${element!.tagName} has attributes and events`, async () => {
    const { tagName, name, attributes, events } = element!;
    const file = `hang/ui/${tagName.replace("-", "_")}.ts`;
    const source = await Deno.readTextFile(new URL(file, ROOT));
    const sent = source.matchAll(/new CustomEvent\(\s*"(\w+)"/g);
    const named = events.map((event) => event.name);
    for (const [, event = ""] of sent) assert.ok(named.includes(event), event);
    const tells = /this\.tell\(/.test(source);
    assert.equal(named.includes("statechange"), tells, name);
    for (const { name: attribute } of attributes) {
      assert.match(attribute, /^[a-z]+(-[a-z]+)*$/);
    }
    assert.ok(attributes.length > 0 && events.length > 0);
  });
}
