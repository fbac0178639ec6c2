import assert from "node:assert/strict";
import { systemClock } from "@moq-deno/lite";
import { selfSignedCertificate } from "@moq-deno/lite/deno";
import { type CheckedFiles, checkFiles } from "./check_files.ts";
import { loadConfig } from "./config/load.ts";
import { readCommandLine } from "./config/sources.ts";
import { generateKey } from "./token/mod.ts";

/** Files with the names and texts of `files`, in a folder that is removed. */
class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) {
      Deno.mkdirSync(`${this.path}/keys`, { recursive: true });
      Deno.writeTextFileSync(`${this.path}/${name}`, text);
    }
  }

  /** Checks with flags in which `@` is the folder. */
  check(...flags: readonly string[]): Promise<CheckedFiles> {
    const args = flags.map((flag) => flag.replaceAll("@", this.path));
    const commandLine = readCommandLine(args);
    return checkFiles(
      loadConfig({ commandLine, environment: {} }),
      systemClock,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const DAY_MS = 86_400_000;
const names = ["localhost"];
const good = await selfSignedCertificate({ names, days: 30 });
const other = await selfSignedCertificate({ names, days: 30 });
const short = await selfSignedCertificate({ names, days: 3 });
const past = await selfSignedCertificate({
  names,
  days: 1,
  notBefore: new Date(Date.now() - 9 * DAY_MS),
});
const key = await generateKey("HS256");
const jwk = JSON.stringify(key.toJson());
const grants = { root: "", publish: ["**"], subscribe: ["**"] };
const now = Math.floor(Date.now() / 1000);

const FILES = {
  "cert.pem": good.certPem,
  "key.pem": good.keyPem,
  "other.pem": other.keyPem,
  "short.pem": short.certPem,
  "short_key.pem": short.keyPem,
  "past.pem": past.certPem,
  "past_key.pem": past.keyPem,
  "noise": "not what it is called",
  "key.jwk": jwk,
  "keys/a.jwk": jwk,
  "revoked.txt": "jti 7\n",
  "peers.json": '["https://relay.example"]',
  "cluster.jwt": await key.sign(grants),
  "ending.jwt": await key.sign({ ...grants, expires: now + 3600 }),
};

const CERT = ["--listen-tls-cert", "@/cert.pem", "--listen-tls-key"];
const WEB = ["--web-https-listen", "127.0.0.1:0", "--web-https-cert"];

const WRONG: readonly (readonly [flags: readonly string[], problem: RegExp])[] =
  [
    [[...CERT, "@/missing"], /^Cannot read .*missing, check the path/],
    [[...CERT, "@/noise"], /noise: expected a private key in PEM/],
    [
      [...CERT, "@/other.pem"],
      /other\.pem: this is not the key of .*cert\.pem/,
    ],
    [
      ["--listen-tls-cert", "@/noise", "--listen-tls-key", "@/key.pem"],
      /noise: expected a certificate chain in PEM, got no certificate/,
    ],
    [
      [...WEB, "@/noise", "--web-https-key", "@/key.pem"],
      /noise: expected a certificate chain in PEM/,
    ],
    [["--auth-key", "@/noise"], /^--auth-key: /],
    [["--auth-key", "@/missing"], /^--auth-key: .*missing/],
    [["--auth-key-dir", "@/missing"], /^--auth-key-dir: .*missing/],
    [
      ["--auth-key", "@/key.jwk", "--auth-revoked", "@/noise"],
      /^--auth-revoked: Expected "jti"/,
    ],
    [["--cluster-tls-root", "@/noise"], /noise: expected a certificate chain/],
    [["--cluster-tls-root", "@/missing"], /^Cannot read .*missing/],
    [["--cluster-token", "@/noise"], /noise: Expected a token/],
    [["--cluster-token", "@/missing"], /^Cannot read .*missing/],
    [
      ["--cluster-connect", "https://a.example?jwt=x"],
      /a\.example: Expected a/,
    ],
    [["--cluster-connect-api", "@/noise"], /noise: .*JSON/],
    [["--cluster-connect-api", "@/missing"], /^Cannot read .*missing/],
  ];

for (const [flags, problem] of WRONG) {
  Deno.test(`checkFiles: ${flags.join(" ")} is a problem`, async () => {
    await using folder = new Folder(FILES);
    const { problems, warnings } = await folder.check(...flags);
    assert.match(problems[0] ?? "", problem);
    assert.deepEqual([problems.length, warnings], [1, []]);
  });
}

Deno.test("checkFiles: a damaged key in a folder is a problem", async () => {
  await using folder = new Folder({ ...FILES, "keys/b.jwk": "{" });
  const { problems } = await folder.check("--auth-key-dir", "@/keys");
  assert.match(problems.join(), /^[^,]*keys\/b\.jwk: /);
});

Deno.test("checkFiles: good files are neither problem nor warning", async () => {
  await using folder = new Folder(FILES);
  const checked = await folder.check(
    ...[...CERT, "@/key.pem", ...WEB, "@/cert.pem"],
    ...["--web-https-key", "@/key.pem", "--auth-key", "@/key.jwk"],
    ...["--auth-key-dir", "@/keys", "--auth-revoked", "@/revoked.txt"],
    ...["--cluster-token", "@/cluster.jwt", "--cluster-tls-root", "@/cert.pem"],
    ...["--cluster-connect-api", "@/peers.json"],
  );
  assert.deepEqual([checked.problems, checked.warnings], [[], []]);
});

Deno.test("checkFiles: what has expired or soon will is a warning", async () => {
  await using folder = new Folder(FILES);
  const { problems, warnings } = await folder.check(
    ...["--listen-tls-cert", "@/short.pem"],
    ...["--listen-tls-key", "@/short_key.pem"],
    ...[...WEB, "@/past.pem", "--web-https-key", "@/past_key.pem"],
    ...["--cluster-token", "@/ending.jwt"],
  );
  assert.deepEqual(problems, []);
  const [first = "", second = "", third = ""] = warnings;
  assert.match(first, /short\.pem expires on \d{4}-.*Z, in [23] days$/);
  assert.match(second, /past\.pem expired on \d{4}-.*Z, replace it$/);
  assert.match(third, /ending\.jwt expires on .*, in less than a day$/);
  assert.equal(warnings.length, 3);
});

Deno.test("checkFiles: a folder without keys is a warning", async () => {
  await using folder = new Folder({ "noise": "" });
  const { problems, warnings } = await folder.check("--auth-key-dir", "@/keys");
  assert.deepEqual(problems, []);
  assert.match(warnings.join(), /keys has no key: no token is accepted/);
});
