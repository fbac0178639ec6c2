/**
 * What `--check-config` opens: every file that the settings name, as the relay
 * would read it at its start or later.
 *
 * @module
 */
import { messageOf } from "@moq-deno/lite/internal";
import { type Clock, MoqError } from "@moq-deno/lite";
import { openAccess } from "./auth/access.ts";
import { KeyFile } from "./auth/key_source.ts";
import { readCertificates } from "./certificate_check.ts";
import { CertificateFiles, readFile } from "./certs.ts";
import { parsePeers } from "./cluster/peer.ts";
import type { Config, SettingKey } from "./config/settings.ts";
import { ConfigError } from "./config/values.ts";
import { inspectToken, isKeyId, TokenError } from "./token/mod.ts";

/** What is wrong, and what will be soon, a line each. */
export interface CheckedFiles {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const DAY_MS = 86_400_000;
/** Files that expire within this time are warned of. */
const SOON_MS = 14 * DAY_MS;

/** Opens every file of `config`; URLs are fetched only where the relay does so at its start. */
export async function checkFiles(
  config: Config,
  clock: Clock,
): Promise<CheckedFiles> {
  const check = new FileCheck(config);
  await check.certificate("listen.tls.cert", "listen.tls.key");
  await check.certificate("web.https.cert", "web.https.key");
  await check.run(() => openAccess(config, { log: {}, clock }));
  await check.keyFolder();
  await check.clusterRoots();
  await check.clusterToken();
  await check.peerTokens();
  await check.peerList();
  return check;
}

class FileCheck implements CheckedFiles {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Notes what `work` fails with, if a person can correct it. */
  async run(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isExpected = error instanceof ConfigError ||
        error instanceof MoqError;
      if (!isExpected) throw error;
      this.problems.push(error.message);
    }
  }

  async certificate(cert: SettingKey, key: SettingKey): Promise<void> {
    const [chain, secret] = [this.#config[cert], this.#config[key]];
    if (typeof chain !== "string" || typeof secret !== "string") return;
    await this.run(async () => {
      const files = new CertificateFiles({ cert: chain, key: secret });
      const { notBefore, expires } = await files.current();
      if (notBefore.getTime() > Date.now()) {
        this.warnings.push(
          `${chain} is not valid before ${dateOf(notBefore)}, check the clock`,
        );
      }
      this.#warnOfEnd(chain, expires);
    });
  }

  async keyFolder(): Promise<void> {
    const folder = this.#config["auth.key_dir"];
    if (folder === undefined) return;
    await this.run(async () => {
      let keys = 0;
      const names = await namesIn(folder);
      for (const name of names ?? []) {
        const [, id = ""] = /^(.*)\.jwk$/.exec(name) ?? [];
        if (!isKeyId(id)) continue;
        keys++;
        await this.#read(
          `${folder}/${name}`,
          (path) => new KeyFile(path).keys(),
        );
      }
      if (!names || keys > 0) return;
      this.warnings.push(
        `${folder} has no key: no token is accepted until there is a KID.jwk`,
      );
    });
  }

  async clusterRoots(): Promise<void> {
    for (const file of this.#config["cluster.tls.root"]) {
      await this.run(async () => {
        const text = await readFile(file);
        for (const { validTo } of readCertificates(text, file)) {
          this.#warnOfEnd(file, new Date(validTo));
        }
      });
    }
  }

  async clusterToken(): Promise<void> {
    const file = this.#config["cluster.token"];
    if (file === undefined) return;
    await this.#read(file, async () => {
      this.#checkToken(file, (await readFile(file)).trim());
    });
  }

  /** The tokens in the URLs of peers. */
  async peerTokens(): Promise<void> {
    const peers = [
      ...this.#config["cluster.connect"],
      ...this.#config["cluster.dns"],
    ];
    for (const { url } of peers) {
      const token = url.searchParams.get("jwt");
      const name = `The token for ${url.host}`;
      if (token === null || token === "") continue;
      await this.#read(name, () => Promise.try(this.#checkToken, name, token));
    }
  }

  async peerList(): Promise<void> {
    const place = this.#config["cluster.connect_api"];
    if (place === undefined || /^https?:/i.test(place)) return;
    await this.#read(place, async () => parsePeers(await readFile(place)));
  }

  /** Notes what `read` fails with as a problem of `name`. */
  async #read(
    name: string,
    read: (name: string) => Promise<unknown>,
  ): Promise<void> {
    await this.run(async () => {
      try {
        await read(name);
      } catch (cause) {
        if (cause instanceof ConfigError) throw cause;
        throw new ConfigError(`${name}: ${messageOf(cause)}`, { cause });
      }
    });
  }

  readonly #checkToken = (name: string, token: string): void => {
    const { exp } = inspectToken(token).payload;
    if (exp === undefined) return;
    if (typeof exp !== "number") {
      throw new TokenError("claim", 'Expected "exp" to be a number');
    }
    this.#warnOfEnd(name, new Date(exp * 1000));
  };

  #warnOfEnd(name: string, end: Date): void {
    const leftMs = end.getTime() - Date.now();
    if (leftMs > SOON_MS) return;
    const text = leftMs <= 0
      ? `expired on ${dateOf(end)}, replace it`
      : `expires on ${dateOf(end)}, in ${daysOf(leftMs)}`;
    this.warnings.push(`${name} ${text}`);
  }
}

async function namesIn(
  folder: string,
): Promise<readonly string[] | undefined> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.map(({ name }) => name).sort();
  } catch {
    return undefined; // openAccess has said why.
  }
}

function dateOf(date: Date): string {
  return date.toISOString().replace(/:\d\d\.\d{3}Z$/, "Z");
}

function daysOf(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  return days === 0 ? "less than a day" : days === 1 ? "1 day" : `${days} days`;
}
