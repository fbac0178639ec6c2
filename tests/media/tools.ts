/**
 * ffmpeg and other tools for tests. A missing tool is a failure if `CI` is set,
 * otherwise the test is skipped, with the reason in its name.
 *
 * @module
 */
import assert from "node:assert/strict";

async function isInstalled(tool: string): Promise<boolean> {
  try {
    // ffmpeg uses one spelling, GStreamer the other.
    const flag = tool.startsWith("gst") ? "--version" : "-version";
    return (await run(tool, [flag])).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function run(
  tool: string,
  args: readonly string[],
): Promise<Deno.CommandOutput> {
  return new Deno.Command(tool, { args: [...args], stdin: "null" }).output();
}

const FOUND: Map<string, boolean> = new Map();
for (const tool of ["ffmpeg", "ffprobe", "gst-launch-1.0"]) {
  FOUND.set(tool, await isInstalled(tool));
}

/** A test that needs ffmpeg and ffprobe. */
export function ffmpegTest(name: string, fn: () => Promise<void>): void {
  toolTest(name, ["ffmpeg", "ffprobe"], fn);
}

/** A test that needs `tools`. */
export function toolTest(
  name: string,
  tools: readonly string[],
  fn: () => Promise<void>,
): void {
  const missing = tools.filter((tool) => !FOUND.get(tool));
  const isCi = Deno.env.get("CI") === "true";
  Deno.test({
    name: missing.length > 0 ? `${name} (needs ${missing.join(", ")})` : name,
    ignore: missing.length > 0 && !isCi,
    fn,
  });
}

/** Runs a tool and returns its output; anything on standard error fails the test. */
export async function output(
  tool: string,
  args: readonly string[],
): Promise<string> {
  const { success, stdout, stderr } = await run(tool, ["-v", "error", ...args]);
  const complaint = new TextDecoder().decode(stderr);
  assert.ok(success && complaint === "", `${tool}: ${complaint}`);
  return new TextDecoder().decode(stdout);
}

/** One stream of a file, as ffprobe sees it. */
export interface ProbedStream {
  /** ffprobe's name of the codec. */
  readonly codec_name: string;
  /** Packets read. */
  readonly nb_read_packets: string;
  /** In seconds. */
  readonly start_time: string;
}

/** The streams of `file`, packets counted. */
export async function probe(file: string): Promise<readonly ProbedStream[]> {
  const json = await output("ffprobe", [
    "-count_packets",
    "-show_streams",
    "-of",
    "json",
    file,
  ]);
  return JSON.parse(json).streams;
}

/** Two seconds of test picture and tone, encoded by `args` into `file`. */
export async function generate(
  file: string,
  args: readonly string[],
): Promise<void> {
  await output("ffmpeg", [
    "-f",
    "lavfi",
    "-i",
    "testsrc2=size=160x90:rate=25:duration=2",
    "-f",
    "lavfi",
    "-i",
    "sine=frequency=440:sample_rate=48000:duration=2",
    "-ac",
    "2",
    ...args,
    file,
  ]);
}
