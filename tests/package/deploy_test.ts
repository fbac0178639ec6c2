/** What is in deploy/: its flags are flags of the relay, and systemd takes the unit. */
import assert from "node:assert/strict";
import { parse as parseToml } from "smol-toml";
import { readCommandLine } from "../../relay/config_sources.ts";
import { resolveConfig } from "../../relay/config.ts";
import { checkConfig } from "../../relay/config_rules.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url);

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, DEPLOY));
}

function check(flags: readonly string[]): void {
  assert.ok(flags.length > 0);
  const { settings, action, file } = readCommandLine(flags);
  assert.equal(action ?? file, undefined);
  checkConfig(resolveConfig([settings]));
}

Deno.test("deploy/docker: the image's flags are good", async () => {
  const [, json = ""] = /^CMD (\[.*\])$/m.exec(
    await read("docker/Dockerfile"),
  ) ?? [];
  check(JSON.parse(json));
});

Deno.test("deploy/kubernetes: the relays' flags are good, and the services select them", async () => {
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

Deno.test("deploy/fly: the process's flags are good", async () => {
  const { processes } = parseToml(await read("fly/fly.toml"));
  const { app } = processes as { readonly app: string };
  check(app.split(" "));
});

async function hasSystemd(): Promise<boolean> {
  const command = new Deno.Command("systemd-analyze", {
    args: ["--version"],
    stdout: "null",
  });
  return await command.output().then(({ success }) => success, () => false);
}

const isThere = await hasSystemd();

Deno.test({
  name: `deploy/systemd: systemd takes the unit${
    isThere ? "" : " (skipped: systemd-analyze is not there)"
  }`,
  ignore: !isThere,
  async fn() {
    const unit = await read("systemd/moq-relay.service");
    const folder = await Deno.makeTempDir();
    try {
      // The program need not be installed where the tests run.
      const program = Deno.execPath();
      const file = `${folder}/moq-relay.service`;
      await Deno.writeTextFile(
        file,
        unit.replaceAll("/usr/local/bin/moq-relay", program),
      );
      const { code, stderr } = await new Deno.Command("systemd-analyze", {
        args: ["verify", "--man=no", file],
        stdout: "null",
      }).output();
      assert.equal(new TextDecoder().decode(stderr), "");
      assert.equal(code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
