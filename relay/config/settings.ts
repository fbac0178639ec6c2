/**
 * Every setting of the relay in one table. A value comes from the flag, else
 * from the environment, else from the file, else from the default here, which
 * is looked up last so that nothing absent ever hides something present.
 *
 * @module
 */
import {
  list,
  optional,
  type Raw,
  readRows,
  type Row,
  sure,
  type Values,
} from "./rows.ts";
import {
  address,
  boolean,
  duration,
  file,
  fileOrUrl,
  id,
  integer,
  origin,
  pattern,
  peer,
  safeUrl,
  serverUrl,
  size,
  text,
  word,
} from "./values.ts";

/** What one setting is; its environment variable is `MOQ_` and the flag in capitals. A list may be separated by commas. */
export interface Setting extends Row<unknown> {
  /** A value that shows the form. */
  readonly example: string;
}

/** The port of `--listen` where none is written. */
export const DEFAULT_PORT = 4443;

// The key in the file, then the rest; the order is that of the help.
const TABLE = {
  "listen.bind": list(address(DEFAULT_PORT), {
    flag: "listen",
    help:
      "UDP addresses for QUIC and WebTransport, and the same TCP ports for HTTP and WebSocket; default: 127.0.0.1 and [::1], port 4443",
    example: ":4443",
  }),
  "listen.timeout": sure(duration, "10s", {
    flag: "listen-timeout",
    help: "Timeout for each of handshake, request and SETUP",
    example: "5s",
  }),
  "listen.tls.cert": optional(file, {
    flag: "listen-tls-cert",
    help: "Certificate chain in PEM, reloaded when it changes",
    example: "/etc/moq/cert.pem",
  }),
  "listen.tls.key": optional(file, {
    flag: "listen-tls-key",
    help: "Private key in PEM, reloaded when it changes",
    example: "/etc/moq/key.pem",
  }),
  "listen.tls.generate": list(text, {
    flag: "listen-tls-generate",
    help:
      "Names for a self-signed certificate that renews itself; default without a certificate: localhost",
    example: "localhost",
  }),
  "auth.public": list(pattern, {
    flag: "auth-public",
    help: "Paths that anyone may publish and subscribe to",
    example: "anon/**",
  }),
  "auth.public_subscribe": list(pattern, {
    flag: "auth-public-subscribe",
    help: "Paths that anyone may subscribe to",
    example: "live/**",
  }),
  "auth.public_publish": list(pattern, {
    flag: "auth-public-publish",
    help: "Paths that anyone may publish",
    example: "upload/**",
  }),
  "auth.read_only": sure(boolean, "false", {
    flag: "auth-read-only",
    help: "Allow a relay that no one can publish to",
    example: "true",
  }),
  "auth.key": optional(file, {
    flag: "auth-key",
    help: "Key or key set that verifies tokens, reloaded when it changes",
    example: "/etc/moq/public.jwk",
  }),
  "auth.key_dir": optional(file, {
    flag: "auth-key-dir",
    help: "Folder with one KID.jwk per key",
    example: "/etc/moq/keys",
  }),
  "auth.jwks": optional(safeUrl, {
    flag: "auth-jwks",
    help:
      "URL of a key set; cached as its Cache-Control says, 5 minutes by default",
    example: "https://auth.example/keys.jwks",
  }),
  "auth.revoked": optional(fileOrUrl, {
    flag: "auth-revoked",
    help:
      'Revoked tokens: one "jti NAME", "sub NAME" or "kid NAME" per line; a file takes effect within a second',
    example: "/etc/moq/revoked.txt",
  }),
  "auth.revoked_poll": sure(duration, "10s", {
    flag: "auth-revoked-poll",
    help: "How often to fetch --auth-revoked when it is a URL",
    example: "1m",
  }),
  "auth.url": optional(serverUrl, {
    flag: "auth-url",
    help:
      "Authorization server: gets a JSON request for every session, again at the interval it sets, and a report when the session ends",
    example: "https://auth.example/",
  }),
  "auth.origin": list(origin, {
    flag: "auth-origin",
    help:
      "Sites whose pages may connect; default: all. Non-browser clients are always allowed",
    example: "https://app.example",
  }),
  "quic.idle_timeout": sure(duration, "10s", {
    flag: "quic-idle-timeout",
    help: "Idle timeout of a connection",
    example: "30s",
  }),
  "quic.keep_alive": sure(duration, "3s", {
    flag: "quic-keep-alive",
    help: "Keep-alive interval; must be below the idle timeout",
    example: "5s",
  }),
  "quic.max_requests": sure(integer(1, 65_535), "1024", {
    flag: "quic-max-requests",
    help:
      "Open requests per peer; another relay needs one for every track it takes from here",
    example: "4096",
  }),
  "quic.max_streams": sure(integer(1, 65_535), "1024", {
    flag: "quic-max-streams",
    help:
      "Open unidirectional streams per peer; each costs about 50 bytes per connection",
    example: "2048",
  }),
  "web.ws": sure(boolean, "true", {
    flag: "web-ws",
    help: "Accept sessions over WebSocket",
    example: "false",
  }),
  "web.fetch_timeout": sure(duration, "5s", {
    flag: "web-fetch-timeout",
    help: "How long /fetch waits for a group to begin",
    example: "30s",
  }),
  "web.http.listen": optional(address(80), {
    flag: "web-http-listen",
    help:
      "TCP address for HTTP and WebSocket without TLS; default: the addresses of --listen",
    example: ":80",
  }),
  "web.https.listen": optional(address(443), {
    flag: "web-https-listen",
    help:
      "Additional TCP address for HTTPS and WebSocket with TLS; needs a certificate and key",
    example: ":443",
  }),
  "web.https.cert": optional(file, {
    flag: "web-https-cert",
    help:
      "Certificate chain in PEM for --web-https-listen, reloaded when it changes",
    example: "/etc/moq/cert.pem",
  }),
  "web.https.key": optional(file, {
    flag: "web-https-key",
    help: "Private key in PEM for --web-https-listen, reloaded when it changes",
    example: "/etc/moq/key.pem",
  }),
  "cache.capacity": sure(size, "512MiB", {
    flag: "cache-capacity",
    help:
      "Bytes of groups kept, all tracks together; when the newest groups alone exceed this, the publisher that holds the most loses its oldest",
    example: "8GiB",
  }),
  "cache.duration": sure(duration, "30s", {
    flag: "cache-duration",
    help: "How long to keep groups other than the newest",
    example: "1m",
  }),
  "limit.sessions": sure(integer(1, 1_000_000), "10000", {
    flag: "limit-sessions",
    help: "Concurrent sessions",
    example: "500",
  }),
  "limit.handshakes": sure(integer(1, 1_000_000), "1024", {
    flag: "limit-handshakes",
    help:
      "Peers of one port at once whose QUIC handshake is not complete, each about 180 KB, and those whose request behind it is not; one more handshake is ignored, one more request ends the oldest",
    example: "256",
  }),
  "limit.requests": sure(integer(1, 1_000_000), "1024", {
    flag: "limit-requests",
    help:
      "Concurrent HTTP requests, and as many WebSockets that wait to be authorized; /health and the certificate always answer",
    example: "4096",
  }),
  "limit.requests_per_address": sure(integer(1, 1_000_000), "256", {
    flag: "limit-requests-per-address",
    help:
      "The same per address, or per /64 of IPv6; raise it behind a reverse proxy",
    example: "1024",
  }),
  "limit.subscriptions": sure(integer(1, 1_000_000), "1024", {
    flag: "limit-subscriptions",
    help: "Concurrent subscriptions per session",
    example: "64",
  }),
  "limit.announcements": sure(integer(1, 1_000_000), "1024", {
    flag: "limit-announcements",
    help: "Concurrently announced broadcasts per session",
    example: "16",
  }),
  "drain_timeout": sure(duration, "10s", {
    flag: "drain-timeout",
    help:
      "Time peers get to move elsewhere at shutdown; a second signal ends the relay at once",
    example: "0s",
  }),
  "cluster.id": optional(id, {
    flag: "cluster-id",
    help: "Hop id of this relay in announcements; default: random",
    example: "17",
  }),
  "cluster.connect": list(peer, {
    flag: "cluster-connect",
    help:
      'Relays to dial, one link for both directions: a URL with ?jwt= for the peer and ?cost= for the cost of the link, or {"url", "cost", "token"}',
    example: "https://relay-2.example",
  }),
  "cluster.connect_api": optional(fileOrUrl, {
    flag: "cluster-connect-api",
    help:
      "JSON array of more relays to dial: a watched file, or a URL fetched again as its Cache-Control says, every 30s by default",
    example: "https://cluster.example/peers.json",
  }),
  "cluster.dns": list(peer, {
    flag: "cluster-dns",
    help:
      "URLs whose host resolves to one relay per address; resolved every 5 seconds",
    example: "https://relays.example:4443",
  }),
  "cluster.node": optional(text, {
    flag: "cluster-node",
    help:
      "Name of this relay, sent to --auth-url, and to --cluster-connect-api as ?node=",
    example: "fra1",
  }),
  "cluster.token": optional(file, {
    flag: "cluster-token",
    help: "Token for relays whose URL has none, reloaded for every dial",
    example: "/etc/moq/cluster.jwt",
  }),
  "cluster.max_hops": sure(integer(1, 32), "32", {
    flag: "cluster-max-hops",
    help:
      "Most hops of a route, from the publisher to this relay's peer; longer routes are ignored",
    example: "6",
  }),
  "cluster.linger": sure(duration, "5s", {
    flag: "cluster-linger",
    help:
      "How long a broadcast stays announced after its publisher's connection was lost, so that it can come back another way; 0s: not at all",
    example: "10s",
  }),
  "cluster.warm": sure(duration, "0s", {
    flag: "cluster-warm",
    help:
      "How long after the last reader to advertise a broadcast as already carried here, and so cheap; must match on all relays; 0s: never",
    example: "5s",
  }),
  "cluster.idle_timeout": sure(duration, "2s", {
    flag: "cluster-idle-timeout",
    help: "Idle timeout of a link to a dialled relay",
    example: "5s",
  }),
  "cluster.keep_alive": sure(duration, "500ms", {
    flag: "cluster-keep-alive",
    help: "Keep-alive interval of a link to a dialled relay",
    example: "1s",
  }),
  "cluster.tls.root": list(file, {
    flag: "cluster-tls-root",
    help: "Additional root certificates in PEM for dialled relays",
    example: "/etc/moq/cluster-ca.pem",
  }),
  "log.level": sure(word("trace", "debug", "info", "warn", "error"), "info", {
    flag: "log-level",
    help: "Lowest level to log",
    example: "debug",
  }),
  "log.format": sure(word("auto", "pretty", "json"), "auto", {
    flag: "log-format",
    help:
      "Log format; auto: pretty on a terminal, otherwise one JSON object per line",
    example: "json",
  }),
};

/** The value of every setting. */
export type Config = Values<typeof TABLE>;

/** The key of a setting in the file. */
export type SettingKey = keyof Config;

/** Every setting by its key, in the order of the help. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  Object.entries(TABLE),
);

/** One source: what is there, by key. */
export type Source = ReadonlyMap<string, Raw>;

/** The value of every setting, from `sources` in order of precedence. Throws {@linkcode ConfigError} on the first bad one. */
export function resolveConfig(sources: readonly Source[]): Config {
  return readRows(
    TABLE,
    (key) => sources.find((source) => source.has(key))?.get(key),
  );
}
