/**
 * How much one address, and all of them together, may have under way of one
 * kind: what one asks for never keeps the others out.
 *
 * @module
 */

/** The settings that bound requests. */
interface RequestLimits {
  /** From all addresses. */
  readonly "limit.requests": number;
  /** From one address. */
  readonly "limit.requests_per_address": number;
}

/** Options of {@linkcode Gate}. */
export interface GateOptions {
  /** From all addresses. */
  readonly total: number;
  /** From one address; networks of IPv6 count as one. */
  readonly perAddress: number;
}

/** Why something may not begin. */
export type Refusal = "address" | "total";

/** Counts what is under way. */
export class Gate {
  readonly #options: GateOptions;
  readonly #byAddress: Map<string, number> = new Map();
  #total = 0;

  /** Nothing is under way yet. */
  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** What is under way now. */
  get size(): number {
    return this.#total;
  }

  /** Lets one more in from `remote`, `host:port`: the function returned ends it and is idempotent. Otherwise says which limit is reached. */
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

/** A gate for requests of one kind, as the settings ask for it. */
export function requestGate(limits: RequestLimits): Gate {
  return new Gate({
    total: limits["limit.requests"],
    perAddress: limits["limit.requests_per_address"],
  });
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Who has the address in `remote`, `host:port`: a host of IPv4, or a /64 of IPv6, which one customer has whole. */
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
