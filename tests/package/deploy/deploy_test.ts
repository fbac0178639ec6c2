/** The files in deploy/: the relay accepts their flags, and schemas, a linter and systemd accept the files. */
import assert from "node:assert/strict";
import { parse as parseToml } from "smol-toml";
import { readCommandLine } from "../../../relay/config/sources.ts";
import { resolveConfig } from "../../../relay/config/settings.ts";
import { checkConfig } from "../../../relay/config/rules.ts";
import { checkFly, findPythonTools, run } from "./deploy_tools.ts";

const DEPLOY = new URL("../../../deploy/", import.meta.url);

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, DEPLOY));
}

function check(flags: readonly string[]): void {
  assert.ok(flags.length > 0);
  const { settings, action, file } = readCommandLine(flags);
  assert.equal(action ?? file, undefined);
  checkConfig(resolveConfig([settings]));
}

Deno.test("deploy/docker: the image opens nothing before access is set", async () => {
  const dockerfile = await read("docker/Dockerfile");
  const [, json = ""] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const flags: string[] = JSON.parse(json);
  assert.throws(() => check(flags), /who may|access|--auth/);
  check([...flags, "--auth-public-subscribe=**", "--auth-key=/keys.jwk"]);
  const [, example = ""] =
    /docker run .* moq-relay (--.*)$/m.exec(dockerfile) ??
      [];
  check(example.split(" "));
});

Deno.test("deploy/kubernetes: flags are valid, and services select the relays", async () => {
  const yaml = await read("kubernetes/relay.yaml");
  check([...yaml.matchAll(/^ +- (--\S+)$/gm)].map(([, flag]) => flag!));
  const [, service] = /serviceName: (\S+)/.exec(yaml) ?? [];
  assert.match(
    yaml,
    new RegExp(`kind: Service\\nmetadata:\\n  name: ${service}\\n`),
  );
  assert.match(yaml, new RegExp(`--cluster-dns=http://${service}:4443`));
  assert.equal(yaml.match(/selector: \{ app: moq-relay \}/g)?.length, 2);
});

Deno.test("deploy/fly: the process's flags are valid", async () => {
  const { processes } = parseToml(await read("fly/fly.toml"));
  const { app } = processes as { readonly app: string };
  check(app.split(" "));
});

function isSkipped(what: string): boolean {
  const message = `deploy_test.ts: expected ${what}, skipped`;
  if (Deno.env.get("CI") === "true") throw new Error(message);
  // deno-lint-ignore no-console
  console.warn(message);
  return true;
}

const hasFlyTypes = (await checkFly({})).success;

Deno.test({
  name: "deploy/fly: fly.toml matches its published types",
  ignore: !hasFlyTypes && isSkipped("@schemastore/fly from npm"),
  async fn() {
    const text = await read("fly/fly.toml");
    const verdict = await checkFly(parseToml(text));
    assert.ok(verdict.success, verdict.text);
    const wrong = text.replace("grace_period", "grace_time");
    const { success, text: said } = await checkFly(parseToml(wrong));
    assert.equal(success, false);
    assert.match(said, /'"grace_time"' does not exist/);
  },
});

const tools = await findPythonTools();
const hasNoTools = !tools &&
  isSkipped("python3 with venv, pip and a package index");

Deno.test({
  name: "deploy/kubernetes: manifests match the schemas of 1.37 and 1.29",
  ignore: hasNoTools,
  async fn() {
    const file = new URL("kubernetes/relay.yaml", DEPLOY).pathname;
    const program = `${tools}/kubernetes-validate`;
    for (const version of ["1.37", "1.29"]) {
      const flags = ["--strict", "-k", version];
      const { success, text } = await run(program, ...flags, file);
      assert.ok(success, text);
      assert.equal(text.match(/ passed for /g)?.length, 4, text);
    }
    const wrong = await Deno.makeTempFile({ suffix: ".yaml" });
    const yaml = await Deno.readTextFile(file);
    await Deno.writeTextFile(wrong, yaml.replace("serviceName", "service"));
    const { success } = await run(program, "--strict", wrong);
    await Deno.remove(wrong);
    assert.equal(success, false);
  },
});

Deno.test({
  name: "deploy/docker: hadolint accepts the Dockerfile",
  ignore: hasNoTools,
  async fn() {
    const file = new URL("docker/Dockerfile", DEPLOY).pathname;
    const verdict = await run(`${tools}/hadolint`, "--no-color", file);
    assert.deepEqual(verdict, { success: true, text: "" });
  },
});

const { success: isThere } = await run("systemd-analyze", "--version");

Deno.test({
  name: `deploy/systemd: systemd accepts the unit${
    isThere ? "" : " (skipped: systemd-analyze is missing)"
  }`,
  ignore: !isThere,
  async fn() {
    const unit = await read("systemd/moq-relay.service");
    const folder = await Deno.makeTempDir();
    try {
      // The program may not be installed on the test machine.
      const program = Deno.execPath();
      const file = `${folder}/moq-relay.service`;
      await Deno.writeTextFile(
        file,
        unit.replaceAll("/usr/local/bin/moq-relay", program),
      );
      const verdict = await run("systemd-analyze", "verify", "--man=no", file);
      assert.deepEqual(verdict, { success: true, text: "" });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
