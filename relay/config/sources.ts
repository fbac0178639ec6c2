/**
 * Where settings come from: the command line, the environment and a TOML file,
 * each turned into texts by key. Whatever is not a setting is refused here,
 * with what was probably meant.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { parse as parseToml, TomlError } from "smol-toml";
import { editDistance, nearest } from "@moq-deno/lite/internal";
import type { Raw } from "./rows.ts";
import { SETTINGS, type Source } from "./settings.ts";
import { ConfigError } from "./values.ts";

/** What a command line says. */
export interface CommandLine {
  /** The settings among the flags. */
  readonly settings: Source;
  /** The configuration file. */
  readonly file: string | undefined;
  /** What to do instead of running. */
  readonly action: Action | undefined;
}

/** What the relay can do instead of running. */
type Action = "help" | "version" | "check-config";

const ACTIONS: readonly Action[] = ["help", "version", "check-config"];

const KEY_OF_FLAG: ReadonlyMap<string, string> = new Map(
  [...SETTINGS].map(([key, { flag }]) => [flag, key]),
);

/** The environment variable that stands for a flag. */
export function variableOf(flag: string): string {
  return `MOQ_${flag.toUpperCase().replaceAll("-", "_")}`;
}

// Names of moq-relay before 0.17 and what they are now: flag for flag, key for key.
const RENAMED_FLAGS: ReadonlyMap<string, string> = new Map([
  ["bind", "listen"],
  ["server-bind", "listen"],
  ["server-listen", "listen"],
  ["tls-cert", "listen-tls-cert"],
  ["tls-key", "listen-tls-key"],
  ["tls-generate", "listen-tls-generate"],
  ["server-tls-cert", "listen-tls-cert"],
  ["server-tls-key", "listen-tls-key"],
  ["server-tls-generate", "listen-tls-generate"],
  ["server-max-streams", "quic-max-streams"],
  ["server-quic-max-streams", "quic-max-streams"],
  ["server-quic-idle-timeout", "quic-idle-timeout"],
  ["server-quic-keep-alive", "quic-keep-alive"],
]);

const RENAMED_KEYS: ReadonlyMap<string, string> = new Map([
  ["listen", "listen.bind"],
  ["listen.listen", "listen.bind"],
  ["server.bind", "listen.bind"],
  ["server.listen", "listen.bind"],
  ["server.tls.cert", "listen.tls.cert"],
  ["server.tls.key", "listen.tls.key"],
  ["server.tls.generate", "listen.tls.generate"],
  ["server.quic.max_streams", "quic.max_streams"],
  ["server.quic.idle_timeout", "quic.idle_timeout"],
  ["server.quic.keep_alive", "quic.keep_alive"],
  ["auth.public.subscribe", "auth.public_subscribe"],
  ["auth.public.publish", "auth.public_publish"],
]);

function unknown(
  what: string,
  { renamed, near }: { renamed: string | undefined; near: string | undefined },
): ConfigError {
  const advice = renamed !== undefined
    ? `it is called ${renamed} now`
    : near !== undefined
    ? `did you mean ${near}?`
    : "see --help for every setting";
  return new ConfigError(`Unknown ${what}: ${advice}`);
}

function dashed(flag: string | undefined): string | undefined {
  return flag === undefined ? undefined : `--${flag}`;
}

function splitList(text: string): readonly string[] {
  if (text.startsWith("{")) return [text]; // an object has commas of its own
  return text.split(",").map((part) => part.trim()).filter((part) =>
    part !== ""
  );
}

function textsOf(key: string, text: string): readonly string[] {
  return SETTINGS.get(key)?.list ? splitList(text) : [text];
}

/** Reads a command line. Throws {@linkcode ConfigError}. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const names = [...KEY_OF_FLAG.keys(), ...ACTIONS];
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "V" },
      "check-config": { type: "boolean" },
      ...Object.fromEntries(
        [...KEY_OF_FLAG.keys()].map((flag) => [flag, { type: "string" }]),
      ),
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const settings = new Map<string, Raw>();
  let action: Action | undefined;
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const asked = ACTIONS.find((name) => name === token.name);
    if (asked) {
      action ??= asked;
      continue;
    }
    const key = KEY_OF_FLAG.get(token.name);
    const setting = SETTINGS.get(key ?? "");
    if (key === undefined || setting === undefined) {
      throw unknown(`flag ${token.rawName}`, {
        renamed: dashed(RENAMED_FLAGS.get(token.name)),
        near: dashed(nearest(token.name, names)),
      });
    }
    const text = token.value;
    if (
      text === undefined || (!token.inlineValue && text.startsWith("--"))
    ) {
      throw new ConfigError(
        `--${setting.flag}: expected ${setting.kind.expects} after it, got nothing`,
      );
    }
    const before = settings.get(key)?.texts ?? [];
    settings.set(key, {
      texts: [...before, ...textsOf(key, text)],
      source: `--${setting.flag}`,
    });
  }
  if (positionals.length > 1) {
    throw new ConfigError(
      `Expected at most one configuration file, got ${positionals.join(", ")}`,
    );
  }
  return { settings, file: positionals[0], action };
}

/** The variables that {@linkcode readEnvironment} looks for, with the old names that it refuses. */
export const VARIABLES: readonly string[] = [
  ...KEY_OF_FLAG.keys(),
  ...RENAMED_FLAGS.keys(),
].map(variableOf);

/**
 * Reads the settings among environment variables; an empty one is absent.
 * Renamed and misspelt ones are refused, others belong to somebody else.
 */
export function readEnvironment(
  variables: Readonly<Record<string, string>>,
): Source {
  const keys = new Map(
    [...KEY_OF_FLAG].map(([flag, key]) => [variableOf(flag), key]),
  );
  const renamed = new Map(
    [...RENAMED_FLAGS].map(([old, now]) => [variableOf(old), variableOf(now)]),
  );
  const settings = new Map<string, Raw>();
  for (const [name, text] of Object.entries(variables)) {
    if (!name.startsWith("MOQ_") || text === "") continue;
    const key = keys.get(name);
    if (key !== undefined) {
      settings.set(key, { texts: textsOf(key, text), source: name });
      continue;
    }
    const now = renamed.get(name);
    const near = [...keys.keys()].find((known) =>
      editDistance(name, known) <= 2
    );
    if (now !== undefined || near !== undefined) {
      throw unknown(`environment variable ${name}`, { renamed: now, near });
    }
  }
  return settings;
}

/** Reads the text of a TOML file; `name` is for messages. Throws {@linkcode ConfigError}. */
export function readToml(toml: string, name: string): Source {
  let table: Record<string, unknown>;
  try {
    table = parseToml(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [why = ""] = error.message.split("\n");
    throw new ConfigError(
      `${name}, line ${error.line}, column ${error.column}: ${why}`,
      { cause: error },
    );
  }
  return readSettings(table, name);
}

/** Settings by their keys, as values of a TOML file; `name` is for messages. Throws {@linkcode ConfigError}. */
export function readSettings(
  table: Readonly<Record<string, unknown>>,
  name: string,
): Source {
  const settings = new Map<string, Raw>();
  collect({ ...table }, "", { name, settings });
  return settings;
}

interface Collection {
  readonly name: string;
  readonly settings: Map<string, Raw>;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && !(value instanceof Date);
}

function isSection(key: string): boolean {
  const start = `${key}.`;
  return [...SETTINGS.keys(), ...RENAMED_KEYS.keys()].some((known) =>
    known.startsWith(start)
  );
}

function collect(
  table: Record<string, unknown>,
  prefix: string,
  into: Collection,
): void {
  for (const [part, value] of Object.entries(table)) {
    const key = prefix === "" ? part : `${prefix}.${part}`;
    const takes = SETTINGS.get(key)?.kind.literals.includes("object");
    if (SETTINGS.has(key) && (takes || !isTable(value))) {
      const source = `${key} in ${into.name}`;
      into.settings.set(key, {
        texts: textsOfToml(key, value, source),
        source,
      });
    } else if (isTable(value) && isSection(key)) {
      collect(value, key, into);
    } else {
      throw unknown(`key ${key} in ${into.name}`, {
        renamed: RENAMED_KEYS.get(key),
        near: nearest(key, SETTINGS.keys()),
      });
    }
  }
}

function textsOfToml(
  key: string,
  value: unknown,
  source: string,
): readonly string[] {
  const setting = SETTINGS.get(key);
  const values = setting?.list && Array.isArray(value) ? value : [value];
  return values.map((value: unknown) => {
    if (typeof value === "string") return value;
    if (setting?.kind.literals.includes(typeof value)) {
      return isTable(value) ? JSON.stringify(value) : String(value);
    }
    throw new ConfigError(
      `${source}: expected ${setting?.kind.expects}, got ${
        JSON.stringify(value)
      }`,
    );
  });
}
