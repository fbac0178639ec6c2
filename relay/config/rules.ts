/**
 * The rules between settings, which no setting can know alone.
 *
 * @module
 */
import { type Config, type SettingKey, SETTINGS } from "./settings.ts";
import { type Address, ConfigError } from "./values.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Whether only this machine can reach `address`. */
export function isLoopback({ hostname }: Address): boolean {
  return LOOPBACK.test(hostname);
}

/** `host:port` as in an URL; `*` for every interface. */
export function formatAddress({ hostname, port }: Address): string {
  if (hostname === "") return `*:${port}`;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

/** Whether tokens are looked at. */
export function verifiesTokens(config: Config): boolean {
  return config["auth.key"] !== undefined ||
    config["auth.key_dir"] !== undefined || config["auth.jwks"] !== undefined;
}

/** Whether nothing says who may do what. */
export function lacksAccessRules(config: Config): boolean {
  return !verifiesTokens(config) && config["auth.url"] === undefined &&
    config["auth.public"].length === 0 &&
    config["auth.public_subscribe"].length === 0 &&
    config["auth.public_publish"].length === 0;
}

/** What anybody may do, as canonical patterns. */
export interface PublicRules {
  /** What may be published. */
  readonly publish: readonly string[];
  /** What may be subscribed to. */
  readonly subscribe: readonly string[];
}

/** What anybody may do without a token; where no rule is given, everything. */
export function accessOf(config: Config): PublicRules {
  const both = lacksAccessRules(config) ? ["**"] : config["auth.public"];
  return {
    publish: [...both, ...config["auth.public_publish"]],
    subscribe: [...both, ...config["auth.public_subscribe"]],
  };
}

function flagOf(key: SettingKey): string {
  return `--${SETTINGS.get(key)?.flag}`;
}

function checkPair(config: Config, cert: SettingKey, key: SettingKey): void {
  if ((config[cert] === undefined) === (config[key] === undefined)) return;
  const [has, lacks] = config[cert] === undefined ? [key, cert] : [cert, key];
  throw new ConfigError(
    `${flagOf(has)} needs ${flagOf(lacks)} too: give both, or neither`,
  );
}

function checkCertificates(config: Config): void {
  checkPair(config, "listen.tls.cert", "listen.tls.key");
  checkPair(config, "web.https.cert", "web.https.key");
  const generates = config["listen.tls.generate"].length > 0;
  if (generates && config["listen.tls.cert"] !== undefined) {
    throw new ConfigError(
      "--listen-tls-cert and --listen-tls-generate exclude each other: give one of them",
    );
  }
  const listens = config["web.https.listen"] !== undefined;
  if (listens === (config["web.https.cert"] !== undefined)) return;
  throw new ConfigError(
    listens
      ? "--web-https-listen needs --web-https-cert and --web-https-key: give all three"
      : "--web-https-cert is of no use without --web-https-listen: give both, or neither",
  );
}

function checkPublishers(config: Config): void {
  const isOpen = verifiesTokens(config) || config["auth.read_only"] ||
    config["auth.url"] !== undefined;
  if (isOpen || accessOf(config).publish.length > 0) return;
  throw new ConfigError(
    "No one can publish: set --auth-public-publish or --auth-key, or --auth-read-only true if that is intended",
  );
}

/** What is said to be read-only must not let anybody publish after all. */
function checkReadOnly(config: Config): void {
  if (!config["auth.read_only"]) return;
  if (lacksAccessRules(config)) {
    throw new ConfigError(
      "--auth-read-only true needs a rule for subscribers: without any, everybody may publish; give --auth-public-subscribe",
    );
  }
  const rule = MAY_PUBLISH.find((key) => isGiven(config, key));
  if (rule === undefined) return;
  throw new ConfigError(
    `--auth-read-only true and ${
      flagOf(rule)
    } exclude each other: that lets somebody publish, leave one out`,
  );
}

const MAY_PUBLISH: readonly SettingKey[] = [
  "auth.public",
  "auth.public_publish",
  "auth.key",
  "auth.key_dir",
  "auth.jwks",
  "auth.url",
];

function isGiven(config: Config, key: SettingKey): boolean {
  const value = config[key];
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

const OWN_RULES: readonly SettingKey[] = [
  "auth.public",
  "auth.public_publish",
  "auth.public_subscribe",
  "auth.key",
  "auth.key_dir",
  "auth.jwks",
  "auth.revoked",
];

function checkAuthServer(config: Config): void {
  if (config["auth.url"] === undefined) return;
  const rule = OWN_RULES.find((key) => isGiven(config, key));
  if (rule === undefined) return;
  throw new ConfigError(
    `--auth-url and ${
      flagOf(rule)
    } exclude each other: the server decides alone, give it that rule`,
  );
}

function checkTokens(config: Config): void {
  if (config["auth.revoked"] === undefined || verifiesTokens(config)) return;
  throw new ConfigError(
    "--auth-revoked is of no use without tokens: give --auth-key, --auth-key-dir or --auth-jwks too",
  );
}

function checkAccess(config: Config): void {
  checkAuthServer(config);
  checkPublishers(config);
  checkReadOnly(config);
  checkTokens(config);
  if (!lacksAccessRules(config)) return;
  const open = [
    ...config["listen.bind"],
    config["web.http.listen"],
    config["web.https.listen"],
  ].find((bind) => bind !== undefined && !isLoopback(bind));
  if (!open) return;
  throw new ConfigError(
    `Listening on ${formatAddress(open)} needs access rules: ` +
      'give --auth-public "anon/**" (or "**" for everything), --auth-key, or listen on 127.0.0.1',
  );
}

function checkSilences(config: Config, part: "quic" | "cluster"): void {
  const keepAliveMs = config[`${part}.keep_alive`];
  const idleMs = config[`${part}.idle_timeout`];
  if (keepAliveMs < idleMs) return;
  throw new ConfigError(
    `--${part}-keep-alive: expected less than --${part}-idle-timeout, which is ${idleMs} ms, got ${keepAliveMs} ms`,
  );
}

/** Throws {@linkcode ConfigError} on settings that do not go together. */
export function checkConfig(config: Config): void {
  checkWithoutAccess(config);
  checkAccess(config);
}

/** The same where something else than the settings decides who may do what. */
export function checkWithoutAccess(config: Config): void {
  checkCertificates(config);
  checkSilences(config, "quic");
  checkSilences(config, "cluster");
}
