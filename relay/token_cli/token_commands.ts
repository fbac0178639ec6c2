/**
 * `sign`, `verify` and `inspect`: tokens are made, checked and looked at.
 *
 * @module
 */
import { optional } from "../config/rows.ts";
import {
  ConfigError,
  file,
  type Kind,
  parseDuration,
} from "../config/values.ts";
import { print } from "../process.ts";
import {
  authorize,
  formatTime,
  inspectToken,
  type JsonObject,
  type KeySet,
  parseKeySet,
} from "../token/mod.ts";
import { anyText, command, GRANTS, grantsOf, KEY } from "./command.ts";
import { readText } from "./files.ts";

async function keysOf(path: string | undefined): Promise<KeySet> {
  if (path === undefined) {
    throw new ConfigError("Expected --key and the path of a key or of a set");
  }
  return parseKeySet(await readText(path));
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Seconds since 1970: from now on, or as a number, or as a date. */
const time: Kind<number> = {
  name: "TIME",
  expects:
    'a duration such as "1h", a date such as "2030-01-31T12:00Z" or seconds since 1970',
  literals: [],
  parse(text) {
    const ms = parseDuration(text);
    if (ms !== undefined) return nowSeconds() + Math.ceil(ms / 1000);
    if (/^\d{1,15}$/.test(text)) return Number(text);
    const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
    return Number.isNaN(date) ? undefined : Math.floor(date / 1000);
  },
};

/** Makes a token. */
export const sign = command({
  summary: "Make a token and print it",
  usage: "sign --key FILE [FLAGS]",
  rows: {
    ...KEY,
    ...GRANTS,
    expires: optional(time, {
      flag: "expires",
      help:
        "Until when: 1h, 30d, 2030-01-31T12:00Z, seconds since 1970; default: forever",
    }),
    notBefore: optional(time, {
      flag: "not-before",
      help: "From when on",
    }),
    subject: optional(anyText("NAME"), {
      flag: "subject",
      help: "Whom it is for, to revoke all of theirs",
    }),
    id: optional(anyText("NAME"), {
      flag: "id",
      help: "The token's own name, to revoke it alone",
    }),
    issued: optional(time, {
      flag: "issued",
      help: "When it was made; default: now",
    }),
  },
  notes: `Of a set, the newest key signs.
`,
  examples:
    `  moq-relay token sign --key key.jwk --root room/7 --publish "alice/**" --subscribe "**" --expires 1h
      Alice's camera, and everybody else in room 7
  moq-relay token sign --key key.jwk --subscribe "live/**" --expires 30d --subject ann
      Watch only
`,
  async run({ key: path, root, publish, subscribe, ...claims }) {
    const grants = grantsOf({ root, publish, subscribe });
    if (!grants) {
      throw new ConfigError(
        'sign: expected --publish or --subscribe and a pattern such as "**"',
      );
    }
    const { expires, issued = nowSeconds() } = claims;
    if (expires !== undefined && expires <= nowSeconds()) {
      throw new ConfigError(
        `--expires: expected a time to come, got ${formatTime(expires)}`,
      );
    }
    const { keys } = await keysOf(path);
    const key = keys.find(({ isPrivate }) => isPrivate) ?? keys[0];
    print(`${await key?.sign({ ...claims, ...grants, issued })}\n`);
  },
});

const IN = {
  in: optional(file, {
    flag: "in",
    help: "Where the token is; default: standard input",
  }),
};

async function tokenOf(
  path: string | undefined,
  [token, ...more]: readonly string[],
): Promise<string> {
  if (more.length > 0 || (token !== undefined && path !== undefined)) {
    throw new ConfigError("Expected one token, got several");
  }
  if (token !== undefined && token !== "-") return token.trim();
  return (await readText(path ?? "-")).trim();
}

function withDates(payload: JsonObject): string {
  const dates = ["iat", "nbf", "exp"].flatMap((name) => {
    const value = payload[name];
    return typeof value === "number" && value >= 0
      ? [`${name}  ${formatTime(value)}\n`]
      : [];
  });
  return `${JSON.stringify(payload, undefined, 2)}\n${dates.join("")}`;
}

/** Checks a token. */
export const verify = command({
  summary: "Check a token and print its claims",
  usage: "verify --key FILE [TOKEN] [FLAGS]",
  rows: {
    ...KEY,
    ...IN,
    path: optional(anyText("PATH"), {
      flag: "path",
      help: "Also show what it grants a session that connects to this path",
    }),
  },
  notes:
    `The public part of a key is enough. Ends with 1, and says which claim and why,
when the token is not valid.
`,
  examples:
    `  moq-relay token verify --key public.jwk --in token.txt --path room/7/alice
`,
  takesToken: true,
  async run({ key, in: from, path }, tokens) {
    const token = await tokenOf(from, tokens);
    const claims = await (await keysOf(key)).verify(token);
    print(withDates(inspectToken(token).payload));
    if (path === undefined) return;
    const { publish, subscribe } = authorize(claims, path);
    print(`At ${path}:\n`);
    print(`publish    ${publish.map(quoted).join(", ") || "nothing"}\n`);
    print(`subscribe  ${subscribe.map(quoted).join(", ") || "nothing"}\n`);
  },
});

function quoted(pattern: string): string {
  return `"${pattern}"`;
}

/** Looks at a token without a key. */
export const inspect = command({
  summary: "Show what a token says, without any key",
  usage: "inspect [TOKEN] [--in FILE]",
  rows: IN,
  notes: `Nothing of it is verified. The signature is not shown.
`,
  examples: `  moq-relay token inspect --in token.txt
`,
  takesToken: true,
  async run({ in: from }, tokens) {
    const { header, payload } = inspectToken(await tokenOf(from, tokens));
    print(`Not verified\n${JSON.stringify(header)}\n${withDates(payload)}`);
  },
});
