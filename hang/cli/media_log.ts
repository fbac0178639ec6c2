/**
 * What is worth a line while media runs: on standard error.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { printable, say } from "./terminal.ts";

/** Says each warning: what it is about, when it says so, and why. */
export const MEDIA_LOG: Logger = {
  warn(message, fields = {}) {
    const about = fields.track ?? fields.name;
    const words = [message, about, fields.error]
      .filter((word) => word !== undefined)
      .map((word) => printable(String(word)));
    say(`${words.join(": ")}\n`);
  },
};
