/**
 * `sign`, `verify` and `inspect`: tokens are made, checked and looked at.
 *
 * @module
 */
import type { CommandArgs } from "../command_args.ts";
import { ConfigError, parseDuration } from "../config/values.ts";
import { print } from "../process.ts";
import {
  authorize,
  formatTime,
  inspectToken,
  type JsonObject,
  type KeySet,
  parseKeySet,
} from "../token/mod.ts";
import type { Command } from "./command.ts";
import { readText } from "./files.ts";
import { grantsOf, refuseRest } from "./key_commands.ts";

async function keysOf({ values }: CommandArgs): Promise<KeySet> {
  const path = values.get("key");
  if (path === undefined) {
    throw new ConfigError("Expected --key and the path of a key or of a set");
  }
  return parseKeySet(await readText(path));
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** A time: from now on, or seconds since 1970, or a date. */
function timeOf({ values }: CommandArgs, flag: string): number | undefined {
  const text = values.get(flag);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return nowSeconds() + Math.ceil(ms / 1000);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(date)) return Math.floor(date / 1000);
  throw new ConfigError(
    `--${flag}: expected a duration such as "1h", a date such as "2030-01-31T12:00Z" or seconds since 1970, got "${text}"`,
  );
}

/** Makes a token. */
export const sign: Command = {
  summary: "Make a token and print it",
  help: `Usage: moq-relay token sign --key FILE [FLAGS]

  --key FILE         The key, or a set whose newest signs; - is standard input
  --root PATH        What the patterns are relative to [default: everything]
  --publish PATTERN…, --subscribe PATTERN…
                     What may be published and subscribed to: alice is one
                     broadcast, alice/** everything below it, ** everything
  --expires TIME     Until when: 1h, 30d, 2030-01-31T12:00Z, seconds since 1970
                     [default: for ever]
  --not-before TIME  From when on
  --subject NAME     Whom it is for, to revoke all of theirs
  --id NAME          The token's own name, to revoke it alone

Examples:
  moq-relay token sign --key key.jwk --root room/7 --publish "alice/**" --subscribe "**" --expires 1h
      Alice's camera, and everybody else in room 7
  moq-relay token sign --key key.jwk --subscribe "live/**" --expires 30d --subject ann
      Watch alone
`,
  flags: [
    "key",
    "root",
    "expires",
    "not-before",
    "subject",
    "id",
    "issued",
  ],
  lists: ["publish", "subscribe"],
  async run(args) {
    refuseRest(args);
    const grants = grantsOf(args);
    if (!grants) {
      throw new ConfigError(
        'sign: expected --publish or --subscribe and a pattern such as "**"',
      );
    }
    const expires = timeOf(args, "expires");
    if (expires !== undefined && expires <= nowSeconds()) {
      throw new ConfigError(
        `--expires: expected a time to come, got ${formatTime(expires)}`,
      );
    }
    const { keys } = await keysOf(args);
    const key = keys.find(({ isPrivate }) => isPrivate) ?? keys[0];
    const token = await key?.sign({
      ...grants,
      expires,
      notBefore: timeOf(args, "not-before"),
      issued: timeOf(args, "issued") ?? nowSeconds(),
      subject: args.values.get("subject"),
      id: args.values.get("id"),
    });
    print(`${token}\n`);
  },
};

async function tokenOf({ values, rest }: CommandArgs): Promise<string> {
  const [token, ...more] = rest;
  if (more.length > 0 || (token !== undefined && values.has("in"))) {
    throw new ConfigError("Expected one token, got several");
  }
  if (token !== undefined && token !== "-") return token.trim();
  return (await readText(values.get("in") ?? "-")).trim();
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
export const verify: Command = {
  summary: "Check a token and print its claims",
  help: `Usage: moq-relay token verify --key FILE [TOKEN] [FLAGS]

  --key FILE         The key, its public part, or a set
  --in FILE          Where the token is [default: standard input]
  --path PATH        Say what it grants a session that dials this path, too

Ends with 1, and says which claim and why, when the token is not good.

Examples:
  moq-relay token verify --key public.jwk --in token.txt --path room/7/alice
`,
  flags: ["key", "in", "path"],
  lists: [],
  async run(args) {
    const token = await tokenOf(args);
    const claims = await (await keysOf(args)).verify(token);
    print(withDates(inspectToken(token).payload));
    const path = args.values.get("path");
    if (path === undefined) return;
    const { publish, subscribe } = authorize(claims, path);
    print(`At ${path}:\n`);
    print(`publish    ${publish.map(quoted).join(", ") || "nothing"}\n`);
    print(`subscribe  ${subscribe.map(quoted).join(", ") || "nothing"}\n`);
  },
};

function quoted(pattern: string): string {
  return `"${pattern}"`;
}

/** Looks at a token without a key. */
export const inspect: Command = {
  summary: "Show what a token says, without any key",
  help: `Usage: moq-relay token inspect [TOKEN] [--in FILE]

  --in FILE          Where the token is [default: standard input]

Nothing of it is verified. The signature is not shown.

Examples:
  moq-relay token inspect --in token.txt
`,
  flags: ["in"],
  lists: [],
  async run(args) {
    const { header, payload } = inspectToken(await tokenOf(args));
    print(`Not verified\n${JSON.stringify(header)}\n${withDates(payload)}`);
  },
};
