/**
 * Writes what is made from the settings' table: run it after a change there.
 * Nothing of the relay imports it.
 *
 * @module
 */
import { exampleToml, settingsMarkdown } from "./docs.ts";

const BEGIN = "<!-- settings: made from relay/config/settings.ts -->";
const END = "<!-- end of settings -->";

/** `document` with a new table between its two marks. */
export function withSettings(document: string): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new RangeError(`Expected the marks ${BEGIN} and ${END}, found none`);
  }
  return `${before}${BEGIN}\n\n${settingsMarkdown()}\n\n${END}${after}`;
}

/** The document that holds the table. */
export const OPERATING_URL: URL = new URL(
  "../../docs/operating.md",
  import.meta.url,
);
/** The sample configuration. */
export const EXAMPLE_URL: URL = new URL(
  "../relay.example.toml",
  import.meta.url,
);

if (import.meta.main) {
  const document = await Deno.readTextFile(OPERATING_URL);
  await Deno.writeTextFile(OPERATING_URL, withSettings(document));
  await Deno.writeTextFile(EXAMPLE_URL, exampleToml());
}
