/**
 * Keys and tokens on the command line; `moq-relay token` is the same program.
 *
 * @module
 */
import { endWith } from "../process.ts";
import { runTokenCommand } from "./commands.ts";

if (import.meta.main) await endWith(runTokenCommand(Deno.args));
