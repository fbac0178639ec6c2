/**
 * npm projects in folders of their own, as a user of the packages has one.
 *
 * @module
 */
import { PACKED, packNpm } from "../../package/pack_npm.ts";
import { type CommandLine, Program } from "../../package/process.ts";

const INSTALL = ["install", "--no-audit", "--no-fund", "--prefer-offline"];

/** A folder with a package.json. */
export class NpmProject {
  /** Its path. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** A new folder with lite and hang installed from their tarballs; the caller removes it. */
  static async withPackages(): Promise<NpmProject> {
    const project = new NpmProject(await Deno.makeTempDir());
    await project.#begin();
    const { folder } = project;
    const tarballs = await Promise.all(
      PACKED.map((name) => packNpm(name, folder)),
    );
    await project.install(...tarballs);
    return project;
  }

  /**
   * The folder of a tool from npm, which is kept for the next time; `undefined`, with a line that says so, where npm
   * fails. Throws in that case when `CI` is "true".
   */
  static async ofTool(...packages: string[]): Promise<NpmProject | undefined> {
    const name = packages.join("+").replaceAll("/", "-");
    const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
    const project = new NpmProject(`${temporary}/moq-deno-${name}`);
    const done = `${project.folder}/node_modules/.package-lock.json`;
    try {
      const isThere = await Deno.stat(done).then(() => true, () => false);
      if (isThere) return project;
      await project.#begin();
      await project.install(...packages);
      return project;
    } catch (error) {
      if (Deno.env.get("CI") === "true") throw error;
      // deno-lint-ignore no-console
      console.warn(`SKIPPED: ${error}`);
      return undefined;
    }
  }

  async #begin(): Promise<void> {
    await Deno.mkdir(this.folder, { recursive: true });
    await this.write("package.json", `{"type":"module"}`);
  }

  /** Installs packages. */
  install(...packages: readonly string[]): Promise<string> {
    return this.run("npm", ...INSTALL, ...packages);
  }

  /** Path of a file within. */
  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Writes a file. */
  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(this.path(name), text);
  }

  /** Runs a command here and returns its output; throws with that when it fails. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const { success, stderr, stdout } = await new Deno.Command(command, {
      args: [...args],
      cwd: this.folder,
    }).output();
    const bytes = new Uint8Array([...stdout, ...stderr]);
    const said = new TextDecoder().decode(bytes);
    if (success) return said;
    throw new Error(`${command} ${args.join(" ")} failed: ${said}`);
  }

  /** Starts a program here. */
  start(program: CommandLine): Program {
    return new Program(program, { cwd: this.folder });
  }

  /** Removes the folder. */
  async remove(): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
