import assert from "node:assert/strict";
import { FLAG, OPTIONAL_TEXT, reflect, TEXT } from "./reflect.ts";

class Attributed {
  declare name: string;
  declare rendition: string | undefined;
  declare muted: boolean;
  declare showStats: boolean;
  readonly texts: Map<string, string> = new Map();

  static {
    reflect(this, {
      name: TEXT,
      rendition: OPTIONAL_TEXT,
      muted: FLAG,
      showStats: FLAG,
    });
  }

  getAttribute(name: string): string | null {
    return this.texts.get(name) ?? null;
  }

  setAttribute(name: string, text: string): void {
    this.texts.set(name, text);
  }

  removeAttribute(name: string): void {
    this.texts.delete(name);
  }
}

Deno.test("reflect: properties and attributes mirror each other", () => {
  const element = new Attributed();
  assert.deepEqual(
    [element.name, element.rendition, element.muted, element.showStats],
    ["", undefined, false, false],
  );
  element.name = "room/ada";
  element.rendition = "hd";
  element.showStats = true;
  assert.deepEqual(
    [...element.texts],
    [["name", "room/ada"], ["rendition", "hd"], ["show-stats", ""]],
  );
  element.texts.set("name", "room/bob");
  assert.equal(element.name, "room/bob");
  element.rendition = undefined;
  element.showStats = false;
  assert.deepEqual([...element.texts.keys()], ["name"]);
});

Deno.test("FLAG: is set over an attribute that says no", () => {
  const element = new Attributed();
  element.texts.set("muted", "false");
  assert.equal(element.muted, false);
  element.muted = true;
  assert.equal(element.muted, true);
});
