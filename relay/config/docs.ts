/**
 * What people read about the settings, all made from the one table: the help,
 * the table in docs/operating.md and relay.example.toml, which write_docs.ts writes.
 *
 * @module
 */
import { helpOf } from "./rows.ts";
import { type Setting, SETTINGS } from "./settings.ts";
import { variableOf } from "./sources.ts";

/** The text of `--help`. */
export function helpText(version: string): string {
  return `moq-relay ${version}: Media over QUIC relay

Usage: moq-relay [CONFIG.toml] [FLAGS]

A setting is taken from its flag, else from its environment variable (MOQ_ and
the flag in capitals, MOQ_LOG_LEVEL), else from the file, else from its default.
Lists take commas, or the flag several times.

Examples:
  moq-relay
      This machine only, self-signed certificate, everybody may do everything
  moq-relay --listen :4443 --auth-public "anon/**" --listen-tls-generate relay.example
      The network, with a self-signed certificate and one public subtree
  moq-relay --listen :4443 --auth-key public.jwk
      The network, for holders of tokens; "moq-relay token --help" makes them
  moq-relay relay.toml --log-level debug
      A file, and one setting over it

Flags:
  --check-config
      Say whether the settings and the files they name are good, warn of what expires, and end
  -h, --help
      This text
  -V, --version
      The version
${helpOf(SETTINGS.values())}`;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

const COLUMNS = ["Key", "Flag", "Environment", "Value", "Default", "Meaning"];

/** Every setting as a Markdown table, its columns aligned. */
export function settingsMarkdown(): string {
  const rows = [...SETTINGS].map(([key, setting]) => [
    code(key),
    code(`--${setting.flag}`),
    code(variableOf(setting.flag)),
    code(setting.kind.name) + (setting.list ? " list" : ""),
    setting.default === undefined ? "" : code(setting.default),
    setting.help,
  ]);
  const widths = COLUMNS.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0))
  );
  const line = (cells: readonly string[], filler = " "): string =>
    `| ${
      cells.map((cell, i) => cell.padEnd(widths[i] ?? 0, filler)).join(" | ")
    } |`;
  const rule = line(COLUMNS.map(() => ""), "-");
  return [line(COLUMNS), rule, ...rows.map((row) => line(row))].join("\n");
}

function tomlValue({ kind, list }: Setting, text: string): string {
  const isLiteral = kind.literals.length > 0 && /^(\d+|true|false)$/.test(text);
  const value = isLiteral ? text : JSON.stringify(text);
  return list ? `[${value}]` : value;
}

/** A configuration file with every setting, each commented out. */
export function exampleToml(): string {
  const lines = [
    "# Every setting of moq-relay. Those with a default show it, the others an example.",
    "# Flags and environment variables win over this file.",
    "",
  ];
  // What has no section has to stand before the first.
  const isInSection = (key: string): number => Number(key.includes("."));
  const settings = [...SETTINGS].sort(([a], [b]) =>
    isInSection(a) - isInSection(b)
  );
  let section = "";
  for (const [key, setting] of settings) {
    const dot = key.lastIndexOf(".");
    const name = key.slice(0, Math.max(dot, 0));
    if (name !== section) {
      section = name;
      lines.push("", `[${section}]`);
    }
    const value = tomlValue(setting, setting.default ?? setting.example);
    lines.push(`# ${setting.help}`, `# ${key.slice(dot + 1)} = ${value}`);
  }
  return lines.join("\n") + "\n";
}
