/**
 * Limits on concurrent requests of one kind, per address and in total, so that
 * one client never keeps out the others.
 *
 * @module
 */

/** The settings with these limits. */
interface RequestLimits {
  /** In total. */
  readonly "limit.requests": number;
  /** Per address. */
  readonly "limit.requests_per_address": number;
}

/** Options of {@linkcode Gate}. */
export interface GateOptions {
  /** Most from all addresses. */
  readonly total: number;
  /** Most from one address; an IPv6 /64 counts as one. */
  readonly perAddress: number;
}

/** Which limit was reached. */
export type Refusal = "address" | "total";

/** Counts concurrent requests. */
export class Gate {
  readonly #options: GateOptions;
  readonly #byAddress: Map<string, number> = new Map();
  #total = 0;

  /** A gate without requests. */
  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** How many requests are under way. */
  get size(): number {
    return this.#total;
  }

  /** Admits a request from `remote`, `host:port`, and returns an idempotent function that ends it. Otherwise returns the limit that was reached. */
  enter(remote: string): (() => void) | Refusal {
    const { total, perAddress } = this.#options;
    const address = networkOf(remote);
    const count = this.#byAddress.get(address) ?? 0;
    if (count >= perAddress) return "address";
    if (this.#total >= total) return "total";
    this.#total++;
    this.#byAddress.set(address, count + 1);
    let isUnderWay = true;
    return () => {
      if (isUnderWay) this.#leave(address);
      isUnderWay = false;
    };
  }

  #leave(address: string): void {
    this.#total--;
    const left = this.#byAddress.get(address)! - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}

/** A gate for requests of one kind, with the limits of the settings. */
export function requestGate(limits: RequestLimits): Gate {
  return new Gate({
    total: limits["limit.requests"],
    perAddress: limits["limit.requests_per_address"],
  });
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The network of `remote`, `host:port`: an IPv4 address, or an IPv6 /64, the usual size for one customer. */
export function networkOf(remote: string): string {
  const host = remote.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (!host.includes(":")) return host;
  const [, mapped] = MAPPED.exec(host) ?? [];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = host.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length))
    .fill("0");
  const groups = tail === undefined ? first : [...first, ...zeros, ...last];
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16))
    .map((group) => group.toString(16)).join(":");
}
