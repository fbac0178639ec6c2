/**
 * Which addresses are not those of the public internet.
 *
 * @module
 */
import { BlockList, isIP } from "node:net";

// IANA's special-purpose registries: what is not globally reachable, and multicast.
const IPV4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8"],
  ...["169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"],
  ...["192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["224.0.0.0/4", "240.0.0.0/4"],
];
const IPV6 = [
  ...["::/128", "::1/128", "100::/64", "2001:db8::/32", "fc00::/7"],
  ...["fe80::/10", "fec0::/10", "ff00::/8"],
];
// An IPv4 address is in their last 32 bits: mapped, compatible, NAT64.
const EMBEDDING = ["::ffff:0:0/96", "::/96", "64:ff9b::/96"];
// And here behind the first 16: 6to4.
const SIX_TO_FOUR = "2002::/16";

function listOf(ranges: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network, prefix] = range.split("/");
    list.addSubnet(network!, Number(prefix), family);
  }
  return list;
}

const PRIVATE_4 = listOf(IPV4, "ipv4");
const PRIVATE_6 = listOf(IPV6, "ipv6");
const EMBEDDED = listOf(EMBEDDING, "ipv6");
const EMBEDDED_FIRST = listOf([SIX_TO_FOUR], "ipv6");

/** Whether `address` is loopback, private, link-local, or otherwise no place in the public internet. */
export function isPrivateAddress(address: string): boolean {
  const [bare = ""] = address.split("%");
  switch (isIP(bare)) {
    case 4:
      return PRIVATE_4.check(bare, "ipv4");
    case 6:
      return isPrivate6(bare);
    default:
      return true; // What is no address is nowhere in it.
  }
}

function isPrivate6(address: string): boolean {
  if (PRIVATE_6.check(address, "ipv6")) return true;
  const groups = groupsOf(address);
  if (EMBEDDED.check(address, "ipv6")) {
    return isPrivateAddress(ipv4Of(groups[6]!, groups[7]!));
  }
  return EMBEDDED_FIRST.check(address, "ipv6") &&
    isPrivateAddress(ipv4Of(groups[1]!, groups[2]!));
}

function ipv4Of(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

/** The eight numbers of an IPv6 address, which URLs write in hexadecimal alone. */
function groupsOf(address: string): readonly number[] {
  const { hostname } = new URL(`http://[${address}]`);
  const [head = "", tail] = hostname.slice(1, -1).split("::");
  const numbers = (text: string | undefined): number[] =>
    text ? text.split(":").map((group) => Number.parseInt(group, 16)) : [];
  const [first, last] = [numbers(head), numbers(tail)];
  const missing = 8 - first.length - last.length;
  return [...first, ...Array<number>(missing).fill(0), ...last];
}
