import assert from "node:assert/strict";
import { type Config, type SettingKey, SETTINGS } from "./settings.ts";
import { exampleToml, helpText } from "./docs.ts";
import { loadConfig } from "./load.ts";
import { readCommandLine, readToml, variableOf } from "./sources.ts";
import { EXAMPLE_URL, OPERATING_URL, withSettings } from "./write_docs.ts";

interface Given {
  readonly args?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly toml?: string;
}

function load({ args = [], environment = {}, toml = "" }: Given): Config {
  const file = { name: "relay.toml", toml };
  const commandLine = readCommandLine(args);
  return loadConfig({ commandLine, environment, file });
}

/** What a setting cannot be given without. */
const COMPANIONS: Partial<Record<SettingKey, readonly SettingKey[]>> = {
  "auth.public_subscribe": ["auth.public_publish"],
  "auth.read_only": ["auth.public_subscribe"],
  "auth.revoked": ["auth.key"],
  "listen.bind": ["auth.public"],
  "listen.tls.cert": ["listen.tls.key"],
  "listen.tls.key": ["listen.tls.cert"],
  "web.http.listen": ["auth.public"],
  "web.https.listen": ["web.https.cert", "web.https.key", "auth.public"],
  "web.https.cert": ["web.https.listen", "web.https.key", "auth.public"],
  "web.https.key": ["web.https.listen", "web.https.cert", "auth.public"],
};

function exampleOf(key: string): string {
  const setting = SETTINGS.get(key);
  if (!setting) throw new RangeError(`Expected a key, got ${key}`);
  return setting.example;
}

function flagsOf(keys: readonly string[]): string[] {
  return keys.flatMap((
    key,
  ) => [`--${SETTINGS.get(key)?.flag}`, exampleOf(key)]);
}

/** As the file has it: a number or a boolean bare, everything else quoted. */
function tomlOf(key: string, text = exampleOf(key)): string {
  const literals = SETTINGS.get(key)?.kind.literals ?? [];
  const bare = literals.length > 0 && /^(\d+|true|false)$/.test(text);
  return `${key} = ${bare ? text : JSON.stringify(text)}\n`;
}

for (const [name, setting] of SETTINGS) {
  // SETTINGS is made from the table whose keys SettingKey lists.
  const key = name as SettingKey;
  const companions = COMPANIONS[key] ?? [];
  const extra = flagsOf(companions);
  const parsed = setting.list
    ? [setting.kind.parse(setting.example)]
    : setting.kind.parse(setting.example);

  Deno.test(`loadConfig: ${key} in the file survives an absent flag and variable`, () => {
    assert.deepEqual(load({ toml: tomlOf(key), args: extra })[key], parsed);
  });

  Deno.test(`loadConfig: ${key} by its flag, its variable, and in that order`, () => {
    const flag = flagsOf([key]);
    const environment = { [variableOf(setting.flag)]: setting.example };
    assert.deepEqual(load({ args: [...flag, ...extra] })[key], parsed);
    assert.deepEqual(load({ environment, args: extra })[key], parsed);
    // The lesser source says something bad, which must not be read.
    const bad = { [variableOf(setting.flag)]: "\n" };
    const args = [...flag, ...extra];
    assert.deepEqual(load({ args, environment: bad })[key], parsed);
    const toml = tomlOf(key, "\n");
    assert.deepEqual(load({ environment, toml, args: extra })[key], parsed);
  });

  Deno.test(`loadConfig: ${key} has a default that parses, or none`, () => {
    const absent = setting.list ? [] : undefined;
    const value = load({})[key];
    assert.deepEqual(
      value,
      setting.default === undefined
        ? absent
        : setting.kind.parse(setting.default),
    );
    assert.notDeepEqual(value, parsed, "an example shows another value");
  });

  Deno.test(`loadConfig: ${key} refuses a bad value with key, value and expectation`, () => {
    for (
      const [given, source] of [
        [{ args: [`--${setting.flag}=\n`] }, `--${setting.flag}`],
        [
          { environment: { [variableOf(setting.flag)]: "\n" } },
          variableOf(setting.flag),
        ],
        [{ toml: `${key} = "\\n"` }, `${key} in relay.toml`],
        [{ toml: `${key} = 1979-05-27` }, `${key} in relay.toml`],
      ] as const
    ) {
      if (setting.kind.name === "FILE" || setting.kind.name === "TEXT") return;
      if (setting.list && !("toml" in given)) return;
      assert.throws(() => load(given), (error: Error) => {
        assert.equal(error.name, "ConfigError");
        assert.equal(error.message.startsWith(`${source}: expected `), true);
        return error.message.includes(setting.kind.expects);
      });
    }
  });

  Deno.test(`helpText: ${key} shows its flag, default and meaning`, () => {
    const help = helpText("1.2.3");
    assert.equal(help.includes(`--${setting.flag} `), true);
    assert.equal(help.includes(setting.help), true);
    if (setting.default === undefined) return;
    assert.equal(
      help.includes(`${setting.help} [default: ${setting.default}]`),
      true,
    );
  });
}

const REFUSED: readonly [what: string, given: Given, message: RegExp][] = [
  [
    "a misspelt flag",
    { args: ["--log-levle", "info"] },
    /^Unknown flag --log-levle: did you mean --log-level\?$/,
  ],
  [
    "a strange flag",
    { args: ["--frobnicate-the-thing"] },
    /^Unknown flag --frobnicate-the-thing: see --help/,
  ],
  ["a short flag", { args: ["-x"] }, /^Unknown flag -x: /],
  [
    "an old flag",
    { args: ["--tls-cert", "a.pem"] },
    /^Unknown flag --tls-cert: it is called --listen-tls-cert now$/,
  ],
  [
    "a flag without its value",
    { args: ["--log-level"] },
    /^--log-level: expected one of .* got nothing$/,
  ],
  [
    "a flag before its value",
    { args: ["--listen", "--web-ws"] },
    /^--listen: expected an address .* got nothing$/,
  ],
  ["a single value twice", {
    args: ["--log-level", "info", "--log-level", "debug"],
  }, /^--log-level: expected one value, got 2$/],
  [
    "two files",
    { args: ["a.toml", "b.toml"] },
    /at most one configuration file, got a\.toml, b\.toml$/,
  ],
  [
    "an old variable",
    { environment: { MOQ_SERVER_BIND: ":443" } },
    /^Unknown environment variable MOQ_SERVER_BIND: it is called MOQ_LISTEN now$/,
  ],
  [
    "a misspelt variable",
    { environment: { MOQ_LOG_LEVLE: "info" } },
    /did you mean MOQ_LOG_LEVEL\?$/,
  ],
  [
    "an old section",
    { toml: '[server]\nbind = ":443"' },
    /^Unknown key server\.bind in relay\.toml: it is called listen\.bind now$/,
  ],
  [
    "an old key in a section",
    { toml: '[server.tls]\ncert = "a"' },
    /it is called listen\.tls\.cert now$/,
  ],
  [
    "a section written as a value",
    { toml: 'listen = ":443"' },
    /^Unknown key listen in relay\.toml: it is called listen\.bind now$/,
  ],
  [
    "a misspelt key",
    { toml: "[quic]\nmax_stream = 1" },
    /^Unknown key quic\.max_stream in relay\.toml: did you mean quic\.max_streams\?$/,
  ],
  [
    "an unknown section",
    { toml: "[frobnicate]\nx = 1" },
    /^Unknown key frobnicate in relay\.toml: see --help/,
  ],
  ["the other shape of public access", {
    toml: '[auth.public]\nsubscribe = "**"',
  }, /it is called auth\.public_subscribe now$/],
  [
    "what is not TOML",
    { toml: "[log\nlevel" },
    /^relay\.toml, line 1, column \d+: /,
  ],
  [
    "a value of another type",
    { toml: "[log]\nlevel = 5" },
    /^log\.level in relay\.toml: expected one of trace, .*, got 5$/,
  ],
  [
    "many where one belongs",
    { toml: '[log]\nlevel = ["info"]' },
    /^log\.level in relay\.toml: expected one of .* got \["info"\]$/,
  ],
  [
    "a duration without its unit",
    { args: ["--quic-idle-timeout", "5"] },
    /^--quic-idle-timeout: expected a duration .* got "5"$/,
  ],
  ["more streams than a process can pay", {
    args: ["--quic-max-streams", "65536"],
  }, /from 1 to 65535, got "65536"$/],
  [
    "a literal pattern",
    { args: ["--auth-public", "anon"] },
    /got "anon": without a wildcard .* write "anon\/\*\*"$/,
  ],
  [
    "two rests in a pattern",
    { args: ["--auth-public", "**/a/**"] },
    /at most once/,
  ],
  [
    "the network without access rules",
    { args: ["--listen", ":4443"] },
    /^Listening on \*:4443 needs access rules: give --auth-public/,
  ],
  [
    "a relay that no one can publish to",
    { args: ["--auth-public-subscribe", "**"] },
    /^No one can publish: set --auth-public-publish .*--auth-read-only true if that is intended$/,
  ],
  [
    "read-only without rules, which would be anything but",
    { args: ["--auth-read-only", "true"] },
    /^--auth-read-only true needs a rule for subscribers: /,
  ],
  ["HTTPS for the network without access rules", {
    args: [
      ...["--web-https-listen=:443", "--web-https-cert=a"],
      "--web-https-key=b",
    ],
  }, /^Listening on \*:443 needs access rules/],
  ["an auth server behind a socket of no path", {
    args: ["--auth-url=unix://auth.sock"],
  }, /^--auth-url: expected a URL .*"unix:\/\/\/run\/auth.sock", got/],
  ["an auth server beside rules of our own", {
    args: ["--auth-url=https://a.example/", "--auth-public=a/**"],
  }, /^--auth-url and --auth-public exclude each other/],
  ["HTTP for the network without access rules", {
    args: ["--web-http-listen", "0.0.0.0:80"],
  }, /^Listening on 0\.0\.0\.0:80 needs access rules/],
  [
    "a certificate without its key",
    { args: ["--listen-tls-cert", "a"] },
    /^--listen-tls-cert needs --listen-tls-key too/,
  ],
  ["a certificate twice", {
    args: [
      "--listen-tls-cert",
      "a",
      "--listen-tls-key",
      "b",
      "--listen-tls-generate",
      "c",
    ],
  }, /exclude each other/],
  [
    "HTTPS without a certificate",
    { args: ["--web-https-listen", "[::1]:443"] },
    /^--web-https-listen needs --web-https-cert/,
  ],
  [
    "a keep-alive that comes too late",
    { args: ["--quic-keep-alive", "10s"] },
    /^--quic-keep-alive: expected less than/,
  ],
];

for (const [what, given, message] of REFUSED) {
  Deno.test(`loadConfig: ${what} is refused`, () => {
    assert.throws(() => load(given), (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert.match(error.message, message);
      return !error.message.includes("\n");
    });
  });
}

for (
  const rule of [
    "--auth-public=a/**",
    "--auth-public-publish=a/**",
    "--auth-key=k",
    "--auth-key-dir=k",
    "--auth-jwks=https://a.example/",
    "--auth-url=https://a.example/",
  ]
) {
  Deno.test(`loadConfig: read-only with ${rule} is refused`, () => {
    const flag = rule.slice(0, rule.indexOf("="));
    assert.throws(() => load({ args: ["--auth-read-only=true", rule] }), {
      name: "ConfigError",
      message:
        `--auth-read-only true and ${flag} exclude each other: that lets somebody publish, leave one out`,
    });
  });
}

Deno.test("loadConfig: addresses in every spelling", () => {
  const { "listen.bind": bind } = load({
    args: ["--listen", "127.0.0.1, [::1]:0", "--listen=localhost:1"],
  });
  assert.deepEqual(bind, [
    { hostname: "127.0.0.1", port: 4443 },
    { hostname: "::1", port: 0 },
    { hostname: "localhost", port: 1 },
  ]);
  for (
    const bad of ["::1", "[::1", "a b", "host:", "host:x", ":65536", "a/b"]
  ) {
    assert.throws(
      () => load({ args: ["--listen", bad] }),
      /expected an address/,
      bad,
    );
  }
});

Deno.test("loadConfig: durations and sizes with their units", () => {
  const config = load({
    args: ["--cache-capacity", "8GiB", "--cache-duration", "1m30s"],
    toml: '[quic]\nkeep_alive = "250ms"',
  });
  assert.equal(config["cache.capacity"], 8 * 2 ** 30);
  assert.equal(config["cache.duration"], 90_000);
  assert.equal(config["quic.keep_alive"], 250);
  assert.equal(load({ toml: "[cache]\ncapacity = 5" })["cache.capacity"], 5);
});

Deno.test("loadConfig: a list takes one or many, a switch its word", () => {
  assert.equal(load({ args: ["--web-ws", "false"] })["web.ws"], false);
  const config = load({
    toml: '[auth]\npublic = ["a/**", "/b/**/"]\npublic_publish = "c/*"',
  });
  assert.deepEqual(config["auth.public"], ["a/**", "b/**"]);
  assert.deepEqual(config["auth.public_publish"], ["c/*"]);
});

Deno.test("loadConfig: an empty variable is absent, those of others are ignored", () => {
  const environment = { MOQ_LOG_LEVEL: "", MOQ_SOMETHING_ELSE: "x", HOME: "/" };
  assert.equal(load({ environment })["log.level"], "info");
});

Deno.test("readCommandLine: file and action", () => {
  const { file, action } = readCommandLine(["relay.toml", "--check-config"]);
  assert.deepEqual([file, action], ["relay.toml", "check-config"]);
  assert.equal(readCommandLine(["-h"]).action, "help");
  assert.equal(readCommandLine(["-V"]).action, "version");
});

Deno.test("exampleToml with every line uncommented is a good configuration", () => {
  const toml = exampleToml().replaceAll(/^# (?=[a-z_]+ = )/gm, "");
  const source = readToml(toml, "example");
  assert.deepEqual([...source.keys()].sort(), [...SETTINGS.keys()].sort());
  for (const [key, { texts }] of source) {
    for (const text of texts) {
      assert.notEqual(SETTINGS.get(key)?.kind.parse(text), undefined, key);
    }
  }
});

Deno.test("exampleToml, settingsMarkdown: the files are as the table makes them", async () => {
  const remedy = "run relay/config/write_docs.ts";
  assert.equal(await Deno.readTextFile(EXAMPLE_URL), exampleToml(), remedy);
  const document = await Deno.readTextFile(OPERATING_URL);
  assert.equal(document, withSettings(document), remedy);
});
