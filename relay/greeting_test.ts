import assert from "node:assert/strict";
import { loadConfig } from "./config/load.ts";
import { readCommandLine } from "./config/sources.ts";
import { greeting } from "./greeting.ts";

function greet(hostname: string, ...args: string[]): string {
  const config = loadConfig({
    commandLine: readCommandLine(args),
    environment: {},
  });
  const address = { hostname, port: 4443 };
  return greeting({
    addresses: [address],
    httpAddresses: [address],
    httpsAddress: undefined,
    fingerprint: "ab".repeat(32),
  }, config);
}

Deno.test("greeting: without configuration", () => {
  assert.equal(
    greet("127.0.0.1").replace(/^moq-relay .*\n/, ""),
    `  listening   127.0.0.1:4443
  http        127.0.0.1:4443
  access      anyone on this machine may publish and subscribe to everything
  certificate self-signed, sha-256 ${"ab".repeat(32)}
  publish     deno run --allow-net examples/clock.ts publish http://localhost:4443/
  watch       deno run --allow-net examples/clock.ts subscribe http://localhost:4443/
`,
  );
});

Deno.test("greeting: hints use only paths with access", () => {
  const lines = greet(
    "192.0.2.1",
    "--auth-public-subscribe",
    "live/**",
    "--auth-read-only=true",
  );
  assert.match(lines, /may publish nothing and subscribe to live\/\*\*$/m);
  assert.match(lines, /subscribe http:\/\/192\.0\.2\.1:4443\/live$/m);
  assert.doesNotMatch(lines, /^ {2}publish/m);
});

Deno.test("greeting: hints have a placeholder for a needed token", () => {
  const byToken = greet("192.0.2.1", "--auth-key=/key.jwk");
  assert.match(
    byToken,
    /holders of tokens may do what the token grants; anyone may publish nothing/,
  );
  assert.match(byToken, /publish "http:\/\/192\.0\.2\.1:4443\/\?jwt=TOKEN"$/m);
  const byServer = greet(
    "192.0.2.1",
    "--auth-url=https://u:p@auth.example/x?y",
  );
  assert.match(byServer, /access +as https:\/\/auth\.example decides$/m);
});
