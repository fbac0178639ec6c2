/**
 * The configuration of one run, from all of its sources.
 *
 * @module
 */
import { type Config, resolveConfig } from "./settings.ts";
import { checkConfig } from "./rules.ts";
import { type CommandLine, readEnvironment, readToml } from "./sources.ts";

/** Everything a configuration can come from. */
interface ConfigSources {
  /** The command line, already read. */
  readonly commandLine: Pick<CommandLine, "settings">;
  /** The environment's variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** The file's name and text, when there is one. */
  readonly file?: { readonly name: string; readonly toml: string } | undefined;
}

/** Flag over environment over file over default. Throws `ConfigError`. */
export function loadConfig(
  { commandLine, environment, file }: ConfigSources,
): Config {
  const config = resolveConfig([
    commandLine.settings,
    readEnvironment(environment),
    ...(file ? [readToml(file.toml, file.name)] : []),
  ]);
  checkConfig(config);
  return config;
}
