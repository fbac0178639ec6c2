/**
 * The native media tool: one command for each thing one does with a broadcast.
 * The only place in this package that exits.
 *
 * @module
 */
import { messageOf, printable } from "@moq-deno/lite/internal";
import { readArguments } from "./arguments.ts";
import { say } from "./terminal.ts";

if (import.meta.main) {
  try {
    await readArguments(Deno.args)();
    Deno.exit(0);
  } catch (error) {
    const reason = messageOf(error);
    say(`hang: ${printable(reason)}\n`);
    Deno.exit(1);
  }
}
