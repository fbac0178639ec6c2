/**
 * The layering rule as data: the files of each layer, what they may import, and
 * whether they may use `Deno`. `layers.ts` enforces it, `ARCHITECTURE.md` has the
 * same rows, and a test compares the two.
 *
 * A pattern that ends in `/` or `:` matches everything that begins with it, one
 * that begins with `!` excludes matches, `*` matches everything, any other is
 * exact.
 *
 * @module
 */

/** One row of the table. */
export interface Layer {
  /** The files of the layer; the first row that matches a file wins. */
  readonly files: readonly string[];
  /** What they may import in addition to files of the same layer. */
  readonly may: readonly string[];
  /** Whether they may use `Deno`. */
  readonly deno?: boolean;
}

/** The foundation of every part of lite. */
const ROOT: readonly string[] = [
  "lite/error.ts",
  "lite/latch.ts",
  "lite/log.ts",
  "lite/nearest.ts",
  "lite/path.ts",
  "lite/printable.ts",
  "lite/search.ts",
  "lite/signal.ts",
  "lite/tasks.ts",
  "lite/time.ts",
];

/** All layers, the most specific files first. */
export const LAYERS: readonly Layer[] = [
  { files: ROOT, may: [] },
  { files: ["lite/bytes/"], may: ROOT },
  { files: ["lite/wire/"], may: [...ROOT, "lite/bytes/"] },
  { files: ["lite/model/"], may: [...ROOT, "lite/bytes/"] },
  { files: ["lite/json/"], may: [...ROOT, "lite/bytes/", "lite/model/"] },
  { files: ["lite/transport/"], may: [...ROOT, "lite/bytes/"] },
  {
    files: ["lite/session/"],
    may: [
      ...ROOT,
      "lite/bytes/",
      "lite/wire/",
      "lite/model/",
      "lite/transport/transport.ts",
    ],
  },
  {
    files: [
      "lite/mod.ts",
      "lite/connect.ts",
      "lite/internal.ts",
      "lite/testing.ts",
    ],
    may: ["lite/", "!lite/deno/"],
  },
  {
    files: ["lite/deno/mod.ts", "lite/deno/client.ts"],
    may: ["lite/"],
    deno: true,
  },
  {
    files: ["lite/deno/"],
    may: [...ROOT, "lite/bytes/", "lite/transport/"],
    deno: true,
  },
  { files: ["hang/signals/"], may: [] },
  {
    files: ["hang/catalog/"],
    may: ["@moq-deno/lite", "@moq-deno/lite/internal", "@moq-deno/lite/json"],
  },
  {
    files: ["hang/container/"],
    may: ["@moq-deno/lite", "@moq-deno/lite/internal", "hang/catalog/"],
  },
  { files: ["hang/deflate.ts"], may: ["@moq-deno/lite/json", "pako"] },
  {
    files: ["hang/media/"],
    may: [
      "@moq-deno/lite",
      "@moq-deno/lite/internal",
      "hang/catalog/",
      "hang/container/",
      "hang/deflate.ts",
      "mediabunny",
    ],
  },
  {
    files: ["hang/hls/"],
    may: [
      "@moq-deno/lite",
      "@moq-deno/lite/internal",
      "hang/catalog/",
      "hang/container/",
      "hang/media/",
      "hang/record/",
      "mediabunny",
    ],
  },
  {
    files: ["hang/record/"],
    may: [
      "@moq-deno/lite",
      "@moq-deno/lite/internal",
      "@moq-deno/lite/json",
      "hang/catalog/",
      "hang/container/",
      "hang/media/",
    ],
  },
  {
    files: ["hang/chat/", "hang/meet/"],
    may: [
      "@moq-deno/lite",
      "@moq-deno/lite/internal",
      "@moq-deno/lite/json",
      "hang/catalog/",
      "hang/signals/",
    ],
  },
  {
    files: ["hang/connection/"],
    may: ["@moq-deno/lite", "@moq-deno/lite/internal", "hang/signals/"],
  },
  {
    files: ["hang/publish/", "hang/watch/"],
    may: [
      "@moq-deno/lite",
      "@moq-deno/lite/internal",
      "hang/connection/",
      "hang/catalog/",
      "hang/container/",
      "hang/signals/",
    ],
  },
  {
    files: ["hang/ui/", "hang/ai/"],
    may: ["@moq-deno/lite", "@moq-deno/lite/internal", "hang/", "!hang/cli/"],
  },
  {
    files: ["hang/react.ts"],
    may: ["hang/chat/", "hang/watch/", "hang/ui/"],
  },
  { files: ["hang/mod.ts"], may: ["hang/catalog/", "hang/container/"] },
  {
    files: ["hang/cli/"],
    may: [
      "@moq-deno/lite",
      "@moq-deno/lite/internal",
      "@moq-deno/lite/deno",
      "hang/",
      "!hang/ui/",
      "mediabunny",
      "node:",
    ],
    deno: true,
  },
  { files: ["relay/token/"], may: ["jose"] },
  {
    files: [
      "relay/relay.ts",
      "relay/auth/auth.ts",
      "relay/http.ts",
      "relay/cluster/cluster.ts",
      "relay/cluster/peer.ts",
      "relay/cluster/peers.ts",
      "relay/limits.ts",
      "relay/sessions.ts",
      "relay/metrics/metrics.ts",
      "relay/metrics/",
      "relay/metrics/stats.ts",
      "relay/mod.ts",
    ],
    may: [
      "@moq-deno/lite",
      "@moq-deno/lite/internal",
      "@moq-deno/lite/transport",
      "relay/token/",
    ],
  },
  {
    files: ["relay/"],
    may: [
      "@moq-deno/lite",
      "@moq-deno/lite/internal",
      "@moq-deno/lite/transport",
      "@moq-deno/lite/deno",
      "relay/",
      "node:",
      "@logtape/logtape",
      "jose",
      "smol-toml",
    ],
    deno: true,
  },
  {
    files: ["examples/browser/"],
    may: ["@moq-deno/lite", "@moq-deno/hang", "@moq-deno/hang/"],
  },
  {
    files: ["examples/"],
    may: ["@moq-deno/", "mod.ts", "hang/cli/", "node:", "uqr"],
    deno: true,
  },
  { files: ["tests/"], may: ["*"], deno: true },
  { files: ["mod.ts"], may: ["@moq-deno/"] },
];

/** Whether `patterns` match `name`, a path relative to the project or a bare specifier. */
export function covers(patterns: readonly string[], name: string): boolean {
  let isCovered = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) isCovered &&= !matches(pattern.slice(1), name);
    else isCovered ||= matches(pattern, name);
  }
  return isCovered;
}

function matches(pattern: string, name: string): boolean {
  if (pattern === "*") return true;
  return /[/:]$/.test(pattern) ? name.startsWith(pattern) : name === pattern;
}

/** The layer of a file, by its path relative to the project. */
export function layerOf(file: string): Layer | undefined {
  return LAYERS.find(({ files }) => covers(files, file));
}
