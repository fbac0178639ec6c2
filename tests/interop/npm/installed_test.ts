/**
 * The npm packages of lite and hang in an empty folder: the READMEs' snippets
 * compile in TypeScript and run in Node.js and Bun. For Vite see `tests/browser`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type PackageManifest, PACKED } from "../../package/pack_npm.ts";
import { DENO_RUN, ROOT } from "../../package/process.ts";
import { RelayProcess } from "../../package/relay_process.ts";
import { NpmProject } from "./project.ts";

const TYPESCRIPT = ["5", "6"];
const TARGETS = ["es2022", "esnext"];
const NODE = { linux: "linux", darwin: "darwin", windows: "win" } as const;
// They name what only Deno has.
const DENO_CLIENT = "@moq-deno/lite/deno";
const DENO_ENTRIES = [DENO_CLIENT, "@moq-deno/hang/cli"];

// What an editor completes in a page.
const TYPED = `import "@moq-deno/hang/ui/hang-watch";
const player = document.querySelector("hang-watch")!;
player.volume = 0.5;
player.addEventListener("statechange", ({ detail }) => {
  const kind: "playing" | undefined = detail.kind === "playing" ? detail.kind : undefined;
  console.log(kind, detail.text.length);
});
player.addEventListener("click", ({ clientX }) => console.log(clientX + 1));
`;

interface Runtime {
  readonly name: string;
  /** The npm package that has it for this machine. */
  readonly package: string;
  readonly program: string;
}

function runtimes(): Runtime[] {
  const { os, arch } = Deno.build;
  const isArm = arch === "aarch64";
  const system = NODE[os as keyof typeof NODE] ?? "linux";
  const node = `node-${system}-${isArm ? "arm64" : "x64"}`;
  const bun = `@oven/bun-${os}-${isArm ? "aarch64" : "x64"}`;
  return [
    ...["22", "24"].map((version) => ({
      name: `Node.js ${version}`,
      package: `${node}@${version}`,
      program: `${node}/bin/node`,
    })),
    { name: "Bun", package: bun, program: `${bun}/bin/bun` },
  ];
}

/** The TypeScript blocks of a file of the project, as a user in Node.js or a browser has them. */
async function snippets(file: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(file, ROOT));
  const blocks = text.matchAll(/^```ts ignore\n([^]*?)^```/gm);
  return Array.from(
    blocks,
    ([, block = ""]) => block.replace(DENO_CLIENT, "@moq-deno/lite"),
  );
}

/** Every entry of the packages that is not for Deno alone. */
async function entries(project: NpmProject): Promise<string[]> {
  const all: string[] = [];
  for (const name of PACKED) {
    const path = `node_modules/@moq-deno/${name}/package.json`;
    const text = await Deno.readTextFile(project.path(path));
    const manifest: PackageManifest = JSON.parse(text);
    const keys = Object.keys(manifest.exports);
    all.push(...keys.map((key) => manifest.name + key.slice(1)));
  }
  return all.filter((entry) => !DENO_ENTRIES.includes(entry));
}

function importsOf(specifiers: readonly string[]): string {
  return specifiers.map((one) => `import "${one}";\n`).join("");
}

/** Writes the snippets, and a file that imports everything; returns their names. */
async function writeSources(project: NpmProject): Promise<string[]> {
  const [publisher = "", viewer = ""] = await snippets("README.md");
  const [both = ""] = await snippets("lite/README.md");
  const [element = ""] = await snippets("hang/README.md");
  const sources: Record<string, string> = {
    "publisher.ts": publisher,
    "viewer.ts": viewer,
    "both.ts": both,
    "element.ts": element,
    "typed.ts": TYPED,
    "entries.ts": importsOf(await entries(project)),
  };
  for (const [name, text] of Object.entries(sources)) {
    assert.notEqual(text, "", name);
    await project.write(name, text);
  }
  return Object.keys(sources);
}

Deno.test("npm packages: the READMEs compile without skipLibCheck", async (t) => {
  const project = await NpmProject.withPackages();
  try {
    const files = await writeSources(project);
    for (const version of TYPESCRIPT) {
      const tool = await NpmProject.ofTool(`typescript@${version}`);
      if (!tool) continue;
      for (const target of TARGETS) {
        await t.step(`TypeScript ${version}, ${target}`, async () => {
          const compilerOptions = {
            strict: true,
            target,
            module: "nodenext",
            noEmit: true,
            types: [],
          };
          const config = JSON.stringify({ compilerOptions, files });
          await project.write("tsconfig.json", config);
          const tsc = tool.path("node_modules/typescript/bin/tsc");
          await project.run("node", tsc, "-p", ".");
        });
      }
    }
  } finally {
    await project.remove();
  }
});

for (const { name, package: from, program } of runtimes()) {
  Deno.test(`npm packages: connect over WebSocket and import all in ${name}`, async () => {
    const tool = await NpmProject.ofTool(from);
    if (!tool) return;
    const project = await NpmProject.withPackages();
    try {
      await using relay = await RelayProcess.start(
        [...DENO_RUN, "relay/main.ts"],
        { cwd: ROOT },
      );
      const [snippet = ""] = await snippets("lite/README.md");
      const code = snippet.replaceAll("http://localhost:4443/", relay.url);
      assert.notEqual(code, snippet);
      await project.write("main.js", code);
      const path = tool.path(`node_modules/${program}`);
      await project.write("entries.js", importsOf(await entries(project)));
      await project.run(path, "entries.js");
      await using running = project.start([path, "main.js"]);
      await running.prints(/^hello$/m);
    } finally {
      await project.remove();
    }
  });
}
