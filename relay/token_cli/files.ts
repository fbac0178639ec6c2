/**
 * Key files: `-` is standard input or output, what is secret is for its owner
 * alone, and a file is there whole or not at all.
 *
 * @module
 */
import { messageOf } from "@moq-deno/lite/internal";
import { ConfigError } from "../config/values.ts";
import { print } from "../process.ts";
import { MAX_KEY_LENGTH } from "../token/mod.ts";

const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/** The text of a file, or of standard input. Throws `ConfigError`. */
export async function readText(path: string): Promise<string> {
  try {
    if (path !== "-") return await Deno.readTextFile(path);
    let text = "";
    const decoder = new TextDecoderStream();
    for await (const part of Deno.stdin.readable.pipeThrough(decoder)) {
      text += part;
      if (text.length > MAX_KEY_LENGTH) {
        throw new ConfigError(
          `Expected at most ${MAX_KEY_LENGTH} characters on standard input`,
        );
      }
    }
    return text;
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(
      `Cannot read ${path}, check the path and its permissions: ${
        messageOf(cause)
      }`,
      { cause },
    );
  }
}

/** How {@linkcode writeText} treats a file. */
interface WriteTextOptions {
  /** Whether only its owner may read it. */
  readonly isSecret: boolean;
  /** Whether a file that is there may be replaced. */
  readonly mayReplace?: boolean | undefined;
}

/** Writes `text` to a file or to standard output. Throws `ConfigError`, and then what was there is as it was. */
export async function writeText(
  path: string,
  text: string,
  { isSecret, mayReplace = false }: WriteTextOptions,
): Promise<void> {
  if (path === "-") return print(text);
  const mode = isSecret ? SECRET_MODE : PUBLIC_MODE;
  try {
    if (!mayReplace) {
      return await Deno.writeTextFile(path, text, { createNew: true, mode });
    }
    const fresh = `${path}.${crypto.randomUUID()}.tmp`;
    await Deno.writeTextFile(fresh, text, { createNew: true, mode });
    await Deno.rename(fresh, path);
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new ConfigError(
        `${path} is there already: remove it first, or give another name`,
        { cause },
      );
    }
    throw new ConfigError(
      `Cannot write ${path}, check the folder and its permissions: ${
        messageOf(cause)
      }`,
      { cause },
    );
  }
}
