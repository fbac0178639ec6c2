/**
 * `generate` and `rotate`: keys come, and old ones go.
 *
 * @module
 */
import { optional, sure } from "../config/rows.ts";
import { ConfigError, file, integer } from "../config/values.ts";
import { print } from "../process.ts";
import {
  ALGORITHMS,
  generateKey,
  type Key,
  KeySet,
  parseKeySet,
} from "../token/mod.ts";
import { ALGORITHM, anyText, command, GRANTS, grantsOf } from "./command.ts";
import { readText, writeText } from "./files.ts";

const FOLDER = { ...file, name: "DIR", expects: "the path of a folder" };

/** Makes a key. */
export const generate = command({
  summary: "Make a key",
  usage: "generate (--out FILE | --out-dir DIR) [FLAGS]",
  rows: {
    algorithm: sure(ALGORITHM, "HS256", {
      flag: "algorithm",
      help: ALGORITHMS.join(", "),
    }),
    id: optional(anyText("NAME"), {
      flag: "id",
      help: "The key's kid; default: 16 random digits",
    }),
    out: optional(file, {
      flag: "out",
      help: "Where the key goes, readable by its owner only; - prints it",
    }),
    outDir: optional(FOLDER, {
      flag: "out-dir",
      help: "The same as DIR/KID.jwk",
    }),
    public: optional(file, {
      flag: "public",
      help: "Where the part goes that verifies and cannot sign; - prints it",
    }),
    publicDir: optional(FOLDER, {
      flag: "public-dir",
      help: "The same as DIR/KID.jwk, for a relay's --auth-key-dir",
    }),
    ...GRANTS,
  },
  notes: `The patterns are the most that tokens of this key may grant.
`,
  examples: `  moq-relay token generate --out key.jwk
      One secret, shared by those who sign and the relay
  moq-relay token generate --algorithm ES256 --out key.jwk --public public.jwk
      The relay gets public.jwk alone and cannot sign
`,
  async run(values) {
    const { algorithm, id } = values;
    const places = placesOf(values.out, values.outDir);
    const publicPlaces = placesOf(values.public, values.publicDir);
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
    const key = await generateKey(algorithm, { id, scope: grantsOf(values) });
    for (const place of places) {
      await writeText(place(key), `${key.toText()}\n`, { isSecret: true });
    }
    for (const place of publicPlaces) {
      const text = `${key.publicKey().toText()}\n`;
      await writeText(place(key), text, { isSecret: false });
    }
  },
});

function placesOf(
  path: string | undefined,
  folder: string | undefined,
): readonly ((key: Key) => string)[] {
  return [
    ...(path === undefined ? [] : [() => path]),
    ...(folder === undefined ? [] : [(key: Key) => `${folder}/${key.id}.jwk`]),
  ];
}

/** Puts a new key in front of a set and lets the oldest go. */
export const rotate = command({
  summary: "Put a new key in front of a set, and let the oldest go",
  usage: "rotate --set FILE [FLAGS]",
  rows: {
    set: optional(file, {
      flag: "set",
      help: "Keys that sign, newest first (a JWKS); created if missing",
    }),
    public: optional(file, {
      flag: "public",
      help: "Their public parts, for a relay's --auth-key or a web server",
    }),
    keep: sure(integer(1, 100), "2", {
      flag: "keep",
      help: "Keys to keep, the new one included",
    }),
    algorithm: optional(ALGORITHM, {
      flag: "algorithm",
      help: "Of the new key; default: that of the newest",
    }),
  },
  notes:
    `Tokens of a key verify as long as it is in the set, so keep as many as it takes
for the longest token to expire. sign --key FILE signs with the newest.
`,
  examples:
    `  moq-relay token rotate --set keys.jwks --public public.jwks --algorithm ES256
      The first time
  moq-relay token rotate --set keys.jwks --public public.jwks
      From then on, once a week perhaps
  moq-relay token rotate --set keys.jwks --public public.jwks --keep 1
      At once: earlier tokens no longer verify
`,
  async run({ set, public: publicPath, keep, algorithm }) {
    if (set === undefined || set === "-") {
      throw new ConfigError("rotate: expected --set and the path of a file");
    }
    const old = await readSet(set);
    const key = await generateKey(algorithm ?? old[0]?.algorithm ?? "HS256");
    const keys = [key, ...old].slice(0, keep);
    // What cannot be shown must fail before anything is written.
    const shown = publicPath === undefined
      ? undefined
      : jsonText(new KeySet(keys).toPublicJson());
    const all = jsonText({ keys: keys.map((key) => key.toJson()) });
    // The relay learns a key before anybody signs with it.
    if (publicPath !== undefined && shown !== undefined) {
      await writeText(publicPath, shown, { isSecret: false, mayReplace: true });
    }
    await writeText(set, all, { isSecret: true, mayReplace: true });
    const gone = old.filter((key) => !keys.includes(key)).map(({ id }) => id);
    if (publicPath === "-") return;
    print(`New: ${key.id}\n`);
    if (gone.length > 0) print(`Gone: ${gone.join(", ")}\n`);
  },
});

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
