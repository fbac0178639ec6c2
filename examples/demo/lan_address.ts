/**
 * Which of the machine's addresses the local network reaches it at.
 *
 * @module
 */
import { isIP } from "node:net";
import { isPrivateAddress } from "../../hang/cli/private_address.ts";

/** An address of the machine. */
export type Interface = Pick<
  Deno.NetworkInterfaceInfo,
  "name" | "family" | "address"
>;

/** An address for the local network. */
export interface LanAddress {
  readonly address: string;
  /** Whether the internet may reach it: then somebody has named it. */
  readonly isPublic: boolean;
}

// Of virtual machines, containers and tunnels.
const VIRTUAL =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|vnic|bridge|utun|tun|tap|wg|zt|tailscale|vEthernet)/;
const NOT_LAN = /^(127\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

/**
 * The address that was named, or else the first private IPv4 address, real interfaces before virtual ones. Throws
 * `RangeError` where there is none: a public address is only used when it is named.
 */
export function lanAddressOf(
  interfaces: readonly Interface[],
  named?: string,
): LanAddress {
  if (named !== undefined) return namedAddress(interfaces, named);
  const [found] = interfaces
    .filter(({ family, address }) =>
      family === "IPv4" && isPrivateAddress(address) && !NOT_LAN.test(address)
    )
    .toSorted((a, b) => rankOf(a) - rankOf(b));
  if (found) return { address: found.address, isPublic: false };
  throw new RangeError(
    `This machine has no private IPv4 address, and a public one is open to the internet: name the address to use with --lan-address, out of ${
      listed(interfaces)
    }`,
  );
}

function namedAddress(
  interfaces: readonly Interface[],
  named: string,
): LanAddress {
  const isOwn = interfaces.some(({ address }) => address === named);
  if (isIP(named) === 0 || !isOwn || isLoopback(named)) {
    throw new RangeError(
      `Expected --lan-address to be one of ${listed(interfaces)}, got ${
        JSON.stringify(named)
      }`,
    );
  }
  return { address: named, isPublic: !isPrivateAddress(named) };
}

function rankOf({ name }: Interface): number {
  return VIRTUAL.test(name) ? 1 : 0;
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function listed(interfaces: readonly Interface[]): string {
  const others = interfaces.map(({ address }) => address)
    .filter((address) => !isLoopback(address) && !address.startsWith("fe80:"));
  return others.join(", ") || "none: there is no network";
}
