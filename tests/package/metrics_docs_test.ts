/** The scrape configuration and alerts of docs/operating.md: promtool accepts them, and every metric in them exists. */
import assert from "node:assert/strict";
import { startRelay } from "../../relay/embed.ts";

const PAGE = new URL("../../docs/operating.md", import.meta.url);

/** The files of the section, by name. */
async function files(): Promise<ReadonlyMap<string, string>> {
  const page = await Deno.readTextFile(PAGE);
  const blocks = page.matchAll(/^```yaml\n# (\S+)\n(.*?)^```$/gms);
  return new Map([...blocks].map(([, name = "", text = ""]) => [name, text]));
}

async function scrape(): Promise<string> {
  const relay = await startRelay(["--listen=127.0.0.1:0"]);
  const [address] = relay.httpAddresses;
  const response = await fetch(`http://127.0.0.1:${address!.port}/metrics`);
  const text = await response.text();
  await relay.close();
  assert.equal(response.status, 200, text);
  return text;
}

Deno.test("docs/operating.md: a relay has every metric of table and alerts", async () => {
  const text = await scrape();
  const page = await Deno.readTextFile(PAGE);
  const [, section = ""] = page.split("\n## Metrics\n");
  const named = section.split("\n## ")[0]!
    .matchAll(/\b((?:moq_relay|process)_[a-z_]+)|`_([a-z_]+)`/g);
  const names = new Set(
    [...named].map(([, whole, rest]) => whole ?? `moq_relay_${rest}`),
  );
  assert.ok(names.size > 20, `${names.size} names`);
  for (const name of names) {
    assert.match(text, new RegExp(`^# TYPE ${name} `, "m"));
  }
});

async function promtool(
  args: readonly string[],
  { cwd, input = "" }: { readonly cwd?: string; readonly input?: string },
): Promise<void> {
  const child = new Deno.Command("promtool", {
    args: [...args],
    ...(cwd !== undefined && { cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
}

function hasPromtool(): boolean {
  try {
    return new Deno.Command("promtool", { args: ["--version"] })
      .outputSync().success;
  } catch {
    // deno-lint-ignore no-console
    console.warn("metrics_docs_test.ts: expected promtool, skipped");
    return false;
  }
}

Deno.test({
  name: "docs/operating.md: promtool accepts metrics, configuration, alerts",
  ignore: !hasPromtool(),
  async fn() {
    await promtool(["check", "metrics"], { input: await scrape() });
    const cwd = await Deno.makeTempDir();
    try {
      const all = await files();
      assert.deepEqual([...all.keys()], [
        "prometheus.yml",
        "moq-relay.rules.yml",
      ]);
      for (const [name, text] of all) {
        await Deno.writeTextFile(
          `${cwd}/${name}`,
          text.replace("/etc/prometheus/moq.jwt", `${cwd}/moq.jwt`),
        );
      }
      await Deno.writeTextFile(`${cwd}/moq.jwt`, "x");
      assert.equal(
        all.get("moq-relay.rules.yml")?.match(/- alert:/g)?.length,
        5,
      );
      await promtool(["check", "rules", "moq-relay.rules.yml"], { cwd });
      await promtool(["check", "config", "prometheus.yml"], { cwd });
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  },
});
