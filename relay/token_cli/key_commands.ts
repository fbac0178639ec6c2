/**
 * `generate` and `rotate`: keys come, and old ones go.
 *
 * @module
 */
import type { CommandArgs } from "../command_args.ts";
import { ConfigError } from "../config/values.ts";
import { print } from "../process.ts";
import {
  type Algorithm,
  ALGORITHMS,
  generateKey,
  type Grants,
  type Key,
  KeySet,
  parseKeySet,
} from "../token/mod.ts";
import type { Command } from "./command.ts";
import { readText, writeText } from "./files.ts";

function algorithmOf(
  { values }: CommandArgs,
  preset: Algorithm = "HS256",
): Algorithm {
  const wanted = values.get("algorithm") ?? preset;
  const algorithm = ALGORITHMS.find((name) => name === wanted);
  if (algorithm) return algorithm;
  throw new ConfigError(
    `--algorithm: expected one of ${ALGORITHMS.join(", ")}, got "${wanted}"`,
  );
}

/** Root and patterns as the flags say them; absent without any pattern. */
export function grantsOf(
  { values, lists }: CommandArgs,
): Partial<Grants> | undefined {
  const publish = lists.get("publish") ?? [];
  const subscribe = lists.get("subscribe") ?? [];
  if (publish.length + subscribe.length === 0) return undefined;
  return { root: values.get("root") ?? "", publish, subscribe };
}

/** Throws `ConfigError` on what stands there without a flag. */
export function refuseRest({ rest }: CommandArgs): void {
  if (rest.length === 0) return;
  throw new ConfigError(`Expected flags alone, got "${rest.join(" ")}"`);
}

/** Makes a key. */
export const generate: Command = {
  summary: "Make a key",
  help: `Usage: moq-relay token generate (--out FILE | --out-dir DIR) [FLAGS]

  --algorithm NAME   ${ALGORITHMS.join(", ")} [default: HS256]
  --id NAME          The key's kid [default: 16 random digits]
  --out FILE         Where the key goes, secret and for its owner alone; - prints it
  --out-dir DIR      The same as DIR/KID.jwk
  --public FILE      Where the part goes that verifies and cannot sign; - prints it
  --public-dir DIR   The same as DIR/KID.jwk, for a relay's --auth-key-dir
  --root PATH        What --publish and --subscribe here are relative to
  --publish PATTERN…, --subscribe PATTERN…
                     The most that tokens of this key may grant [default: everything]

Examples:
  moq-relay token generate --out key.jwk
      One secret, shared by whoever signs and the relay
  moq-relay token generate --algorithm ES256 --out key.jwk --public public.jwk
      The relay gets public.jwk alone and cannot sign
`,
  flags: [
    "algorithm",
    "id",
    "out",
    "out-dir",
    "public",
    "public-dir",
    "root",
  ],
  lists: ["publish", "subscribe"],
  async run(args) {
    refuseRest(args);
    const { values } = args;
    const algorithm = algorithmOf(args);
    const places = placesOf(args, ["out", "out-dir"]);
    const publicPlaces = placesOf(args, ["public", "public-dir"]);
    if (places.length === 0) {
      throw new ConfigError(
        "generate: expected --out or --out-dir; --out - prints the secret",
      );
    }
    if (publicPlaces.length > 0 && algorithm.startsWith("HS")) {
      throw new ConfigError(
        `--public: expected an algorithm with a public part, such as ES256, got ${algorithm}`,
      );
    }
    const key = await generateKey(algorithm, {
      id: values.get("id"),
      scope: grantsOf(args),
    });
    for (const place of places) {
      await writeText(place(key), `${key.toText()}\n`, { isSecret: true });
    }
    for (const place of publicPlaces) {
      const text = `${key.publicKey().toText()}\n`;
      await writeText(place(key), text, { isSecret: false });
    }
  },
};

type Place = (key: Key) => string;

function placesOf(
  { values }: CommandArgs,
  [file, folder]: readonly [file: string, folder: string],
): readonly Place[] {
  const path = values.get(file);
  const dir = values.get(folder);
  return [
    ...(path === undefined ? [] : [() => path]),
    ...(dir === undefined ? [] : [(key: Key) => `${dir}/${key.id}.jwk`]),
  ];
}

const DEFAULT_KEEP = "2";

/** Puts a new key in front of a set and lets the oldest go. */
export const rotate: Command = {
  summary: "Put a new key in front of a set, and let the oldest go",
  help: `Usage: moq-relay token rotate --set FILE [FLAGS]

  --set FILE         Keys that sign, newest first (a JWKS); made when it is not there
  --public FILE      Their public parts, for a relay's --auth-key or a web server
  --keep NUMBER      Keys to keep, the new one included [default: ${DEFAULT_KEEP}]
  --algorithm NAME   Of the new key [default: that of the newest]

Tokens of a key verify as long as it is in the set, so keep as many as it takes
for the longest token to expire. sign --key FILE signs with the newest.

Examples:
  moq-relay token rotate --set keys.jwks --public public.jwks --algorithm ES256
      The first time
  moq-relay token rotate --set keys.jwks --public public.jwks
      From then on, once a week perhaps
  moq-relay token rotate --set keys.jwks --public public.jwks --keep 1
      At once: no earlier token is good any more
`,
  flags: ["set", "public", "keep", "algorithm"],
  lists: [],
  async run(args) {
    refuseRest(args);
    const { values } = args;
    const path = values.get("set");
    if (path === undefined || path === "-") {
      throw new ConfigError("rotate: expected --set and the path of a file");
    }
    const keep = Number(values.get("keep") ?? DEFAULT_KEEP);
    if (!Number.isInteger(keep) || keep < 1 || keep > 100) {
      throw new ConfigError(
        `--keep: expected a whole number from 1 to 100, got "${
          values.get("keep")
        }"`,
      );
    }
    const old = await readSet(path);
    const key = await generateKey(algorithmOf(args, old[0]?.algorithm));
    const keys = [key, ...old].slice(0, keep);
    const publicPath = values.get("public");
    // What cannot be shown must fail before anything is written.
    const shown = publicPath === undefined
      ? undefined
      : jsonText(new KeySet(keys).toPublicJson());
    const all = jsonText({ keys: keys.map((key) => key.toJson()) });
    // The relay learns a key before anybody signs with it.
    if (publicPath !== undefined && shown !== undefined) {
      await writeText(publicPath, shown, { isSecret: false, mayReplace: true });
    }
    await writeText(path, all, { isSecret: true, mayReplace: true });
    const gone = old.filter((key) => !keys.includes(key)).map(({ id }) => id);
    if (publicPath === "-") return;
    print(`New: ${key.id}\n`);
    if (gone.length > 0) print(`Gone: ${gone.join(", ")}\n`);
  },
};

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

async function readSet(path: string): Promise<readonly Key[]> {
  try {
    await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return parseKeySet(await readText(path)).keys;
}
