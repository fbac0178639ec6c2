/**
 * The relay's log: a readable line per message on a terminal, otherwise one
 * JSON object per line. Tokens are never logged.
 *
 * @module
 */
import {
  configureSync,
  getLogger,
  jsonLinesFormatter,
  type LogRecord,
} from "@logtape/logtape";
import type { LogFields, LogFunction, Logger } from "@moq-deno/lite";
import { printableJson } from "@moq-deno/lite/internal";

/** Options of {@linkcode openLog}. */
interface LogOptions {
  /** Lowest level to write; `trace` is the same as `debug`. */
  readonly level: "trace" | "debug" | "info" | "warn" | "error";
  readonly format: "pretty" | "json";
  /** Receives each line, with its line feed. */
  readonly sink: (line: string) => void;
}

const CATEGORY = "moq-relay";
const LEVELS = ["debug", "info", "warn", "error"] as const;

/** Sets up the logger of this process. There is one; a second call replaces the sink of the first. */
export function openLog({ level, format, sink }: LogOptions): Logger {
  const line = format === "json" ? jsonLinesFormatter : prettyLine;
  configureSync({
    reset: true,
    // Applies to JSON and pretty lines: a peer's text cannot control a terminal.
    sinks: { out: (record) => sink(printableJson(line(record))) },
    loggers: [
      { category: CATEGORY, lowestLevel: "debug", sinks: ["out"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["out"] },
    ],
  });
  const to = getLogger(CATEGORY);
  const write: Record<(typeof LEVELS)[number], LogFunction> = {
    debug: (message, fields) => to.debug(message, plain(fields)),
    info: (message, fields) => to.info(message, plain(fields)),
    warn: (message, fields) => to.warn(message, plain(fields)),
    error: (message, fields) => to.error(message, plain(fields)),
  };
  const least = level === "trace" ? 0 : LEVELS.indexOf(level);
  return Object.fromEntries(
    LEVELS.slice(least).map((name) => [name, write[name]]),
  );
}

/** `fields` as plain values that any formatter can print, without secrets. */
function plain(fields: LogFields = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, plainValue(value)]),
  );
}

function plainValue(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (value instanceof Error) return redact(value.message);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (isRecord(value)) return plain(value);
  return redact(String(value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `text` without values of `jwt` parameters and without bare JWTs. */
function redact(text: string): string {
  return text
    .replaceAll(/\bjwt=[^&\s"]+/g, "jwt=(hidden)")
    .replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "(hidden)");
}

const SAFE_VALUE = /^[\w.:/@*+%\-[\]]+$/;

/** As it is, or in the quotes that it has none of itself. */
function prettyValue(value: unknown): string {
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  if (SAFE_VALUE.test(text)) return text;
  const mayBeSingle = text.includes('"') && !/['\\\p{Cc}]/u.test(text);
  return mayBeSingle ? `'${text}'` : JSON.stringify(text);
}

/** `12:00:00.000 INFO  message name=value`; peers' text is quoted, so it cannot fake a line. */
function prettyLine(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString().slice(11, 23);
  const level = record.level.replace("warning", "warn").toUpperCase();
  const fields = Object.entries(record.properties).map(([name, value]) => {
    return ` ${name}=${prettyValue(value)}`;
  });
  return `${time} ${level.padEnd(5)} ${record.message.join("")}${
    fields.join("")
  }\n`;
}
