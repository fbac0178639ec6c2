/**
 * Three network namespaces: one with a relay, one behind an emulated link, and one
 * next to it without limits. Needs Linux, root, `ip`, `tc`, `nft` and `python3`.
 *
 * Rate and queue are a token bucket of the kernel, loss is a rule of its packet
 * filter. The kernel cannot be relied on for delay, so that is a forwarder between
 * two TUN devices.
 *
 * @module
 */
import { Child, runCommand } from "../../integration/process/child.ts";

/** Properties of the emulated link. */
export interface LinkOptions {
  /** Rate towards the viewer, in bits per second. Default unlimited. */
  readonly rateBps?: number | undefined;
  /** Queue of the bottleneck, in bytes. Default 20 KB. */
  readonly queueBytes?: number | undefined;
  /** Delay in each direction, in milliseconds. */
  readonly delayMs: number;
  /** Share of packets lost in each direction, from 0 to below 1. Default 0. */
  readonly loss?: number | undefined;
}

/** One of the three namespaces. */
export type Place = "relay" | "narrow" | "wide";

/** The relay's address on the narrow side. */
export const NARROW_RELAY = "10.77.1.1";
/** The relay's address on the wide side. */
export const WIDE_RELAY = "10.77.2.1";
const NARROW_VIEWER = "10.77.1.2";
const WIDE_VIEWER = "10.77.2.2";

const PREFIX = `moqnet${Deno.pid}`;
// One packet: with a larger bucket the link would not be narrow.
const BURST_BYTES = 1600;
const MAX_ATTEMPTS = 3;

/** The namespaces and the links between them. Disposal removes them. */
export class Link implements AsyncDisposable {
  readonly #forwarder: Deno.ChildProcess;

  private constructor(forwarder: Deno.ChildProcess) {
    this.#forwarder = forwarder;
  }

  /** Sets everything up and measures rate, delay and loss; throws when they are not as requested. */
  static async open(options: LinkOptions): Promise<Link> {
    const forwarder = await startForwarder(options.delayMs);
    const link = new Link(forwarder);
    try {
      await connectNarrow(options);
      await connectWide();
      await verify(options);
      return link;
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a file of this folder in `place`. */
  run(file: string, place: Place, settings: unknown): Child {
    return run(file, place, settings);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forwarder.stdin.close().catch(() => {
      // It has already exited.
    });
    await this.#forwarder.status;
    for (const place of ["relay", "narrow", "wide"] as const) {
      await runCommand(["ip", "netns", "del", namespace(place)]).catch(() => {
        // The set-up failed before this step.
      });
    }
  }
}

function run(file: string, place: Place, settings: unknown): Child {
  return new Child(new URL(file, import.meta.url), settings, {
    namespace: namespace(place),
  });
}

function namespace(place: Place): string {
  return `${PREFIX}${place}`;
}

function device(place: "relay" | "narrow"): string {
  // Linux allows 15 characters.
  return `mq${Deno.pid}${place[0]}`;
}

async function startForwarder(delayMs: number): Promise<Deno.ChildProcess> {
  const file = new URL("forwarder.py", import.meta.url).pathname;
  const forwarder = new Deno.Command("python3", {
    args: [file, device("relay"), device("narrow"), String(delayMs)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = forwarder.stdout.getReader();
  const { done } = await reader.read();
  await reader.cancel();
  if (done) throw new Error("The forwarder exited before it was ready");
  return forwarder;
}

async function connectNarrow(options: LinkOptions): Promise<void> {
  const { rateBps, queueBytes = 20_000, loss = 0 } = options;
  const ends = [
    { place: "relay", own: NARROW_RELAY, peer: NARROW_VIEWER },
    { place: "narrow", own: NARROW_VIEWER, peer: NARROW_RELAY },
  ] as const;
  for (const { place, own, peer } of ends) {
    const name = device(place);
    await runCommand(["ip", "netns", "add", namespace(place)]);
    await runCommand(["ip", "link", "set", name, "netns", namespace(place)]);
    await inside(place, ["ip", "link", "set", "lo", "up"]);
    await inside(place, ["ip", "addr", "add", own, "peer", peer, "dev", name]);
    await inside(place, ["ip", "link", "set", name, "up", "mtu", "1500"]);
    if (loss > 0) await lose(place, loss);
  }
  if (rateBps === undefined) return;
  await inside("relay", [
    ..."tc qdisc add dev".split(" "),
    device("relay"),
    ...["root", "tbf", "rate", `${rateBps}bit`, "burst", `${BURST_BYTES}`],
    ...["limit", `${queueBytes}`],
  ]);
}

/** Drops a share of the packets that arrive in `place` over the link. */
async function lose(place: "relay" | "narrow", loss: number): Promise<void> {
  const chance = `numgen random mod 10000 < ${Math.round(loss * 10_000)}`;
  await inside(place, ["nft", "add", "table", "inet", "loss"]);
  await inside(place, [
    "nft",
    "add chain inet loss in { type filter hook prerouting priority -300 ; }",
  ]);
  await inside(place, [
    "nft",
    `add rule inet loss in iifname "${device(place)}" ${chance} drop`,
  ]);
}

async function connectWide(): Promise<void> {
  const near = `mq${Deno.pid}x`;
  const far = `mq${Deno.pid}w`;
  await runCommand(["ip", "netns", "add", namespace("wide")]);
  await runCommand(["ip", "link", "add", near, "type", "veth", "peer", far]);
  const ends = [
    { place: "relay", name: near, own: WIDE_RELAY },
    { place: "wide", name: far, own: WIDE_VIEWER },
  ] as const;
  for (const { place, name, own } of ends) {
    await runCommand(["ip", "link", "set", name, "netns", namespace(place)]);
    await inside(place, ["ip", "addr", "add", `${own}/30`, "dev", name]);
    await inside(place, ["ip", "link", "set", name, "up"]);
  }
  await inside("wide", ["ip", "link", "set", "lo", "up"]);
}

async function inside(place: Place, command: string[]): Promise<void> {
  await runCommand(["ip", "netns", "exec", namespace(place), ...command]);
}

/** The measurements of the link. */
interface Verified {
  /** The median round trip of single small packets, in milliseconds. */
  readonly rttMs: number;
  /** Share of small packets lost towards the viewer. */
  readonly loss: number;
  /** Rate of arrival under overload, in bits per second of IP. */
  readonly rateBps: number;
}

/** Measures the link, up to three times on a busy machine. */
async function verify(options: LinkOptions): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await measure(options);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function measure(options: LinkOptions): Promise<void> {
  const { delayMs, rateBps, loss = 0 } = options;
  const echo = { address: NARROW_VIEWER, port: 7000 };
  await using narrow = run("verify_process.ts", "narrow", {
    role: "echo",
    ...echo,
  });
  await narrow.next();
  await using relay = run("verify_process.ts", "relay", {
    role: "measure",
    ...echo,
    rateBps,
  });
  const got = await relay.next<Verified>();
  expectNear("a round trip", got.rttMs, {
    wanted: 2 * delayMs,
    within: 10 + delayMs * 0.1,
  });
  expectNear("a loss", got.loss, { wanted: loss, within: 0.002 + loss / 2 });
  if (rateBps === undefined) return;
  const wanted = rateBps * (1 - loss);
  expectNear("a rate", got.rateBps, { wanted, within: wanted * 0.1 });
}

function expectNear(
  what: string,
  got: number,
  { wanted, within }: { readonly wanted: number; readonly within: number },
): void {
  if (Math.abs(got - wanted) <= within) return;
  throw new Error(`The link should have ${what} of ${wanted}, measured ${got}`);
}

/** Why no link is possible here, or `undefined`. */
export async function whyNot(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "it needs Linux";
  if (Deno.uid() !== 0) return "it needs root";
  for (const tool of ["ip", "tc", "nft", "python3"]) {
    const isThere = await runCommand(["sh", "-c", `command -v ${tool}`])
      .then(() => true, () => false);
    if (!isThere) return `it needs ${tool}`;
  }
  const name = `${PREFIX}try`;
  try {
    await runCommand(["ip", "netns", "add", name]);
    await runCommand(["ip", "netns", "del", name]);
    await Deno.stat("/dev/net/tun");
  } catch (error) {
    return `it needs network namespaces and TUN: ${error}`;
  }
  return undefined;
}
