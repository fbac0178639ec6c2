/**
 * The whole relay, ports and certificates included, for a program that starts
 * one: settings as on the command line, then `startServer`.
 *
 * @module
 */
export { type Config } from "./config.ts";
export { type ConfigSources, loadConfig } from "./config_load.ts";
export { type CommandLine, readCommandLine } from "./config_sources.ts";
export { ConfigError } from "./config_values.ts";
export { isPortInUse } from "./listen/cannot_listen.ts";
export { type Server, type ServerOptions, startServer } from "./server.ts";
