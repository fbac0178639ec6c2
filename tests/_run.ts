/**
 * Runs `deno test` with the given arguments and ends with one plain line,
 * `N passed, N failed`, for tools that do not read colours.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";

const child = new Deno.Command(Deno.execPath(), {
  args: ["test", ...Deno.args],
  stdout: "piped",
}).spawn();

const CLOSING_LINE = /(\d+) passed.*?\| (\d+) failed/g;
const tailOf = new TextDecoder();
let tail = "";
for await (const chunk of child.stdout) {
  tail = (tail + tailOf.decode(chunk, { stream: true })).slice(-2000);
  for (let at = 0; at < chunk.byteLength;) {
    at += await Deno.stdout.write(chunk.subarray(at));
  }
}

const { code } = await child.status;
const result = [...stripVTControlCharacters(tail).matchAll(CLOSING_LINE)].at(
  -1,
);
const passed = Number(result?.[1] ?? 0);
const failed = Number(result?.[2] ?? 0);
// A run that failed without a failing test (e.g. a type error) counts as one failure.
const shown = code === 0 ? failed : Math.max(failed, 1);
await Deno.stdout.write(
  new TextEncoder().encode(`${passed} passed, ${shown} failed\n`),
);
Deno.exit(code);
