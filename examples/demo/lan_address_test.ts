import assert from "node:assert/strict";
import { type Interface, lanAddressOf } from "./lan_address.ts";

function named(
  entries: readonly (readonly [name: string, address: string])[],
): readonly Interface[] {
  return entries.map(([name, address]) => ({
    name,
    address,
    family: address.includes(":") ? "IPv6" : "IPv4",
  }));
}

const LAPTOP = named([
  ["lo", "127.0.0.1"],
  ["lo", "::1"],
  ["docker0", "172.17.0.1"],
  ["tailscale0", "100.101.102.103"],
  ["eth1", "169.254.7.7"],
  ["wlan0", "192.168.1.20"],
  ["wlan0", "fe80::1"],
]);
const SERVER = named([
  ["lo", "127.0.0.1"],
  ["eth0", "93.184.216.34"],
  ["eth0", "2606:2800:220:1::1"],
]);

Deno.test("lanAddressOf: a real interface goes before a virtual one", () => {
  assert.deepEqual(lanAddressOf(LAPTOP), {
    address: "192.168.1.20",
    isPublic: false,
  });
});

Deno.test("lanAddressOf: a virtual interface is better than none", () => {
  const { address } = lanAddressOf(named([["docker0", "172.17.0.1"]]));
  assert.equal(address, "172.17.0.1");
});

Deno.test("lanAddressOf: a public address is refused unless it is named", () => {
  assert.throws(
    () => lanAddressOf(SERVER),
    /open to the internet: name .* out of 93\.184\.216\.34, 2606:2800/,
  );
  assert.deepEqual(lanAddressOf(SERVER, "93.184.216.34"), {
    address: "93.184.216.34",
    isPublic: true,
  });
});

Deno.test("lanAddressOf: a named address has to be the machine's", () => {
  for (const address of ["192.168.1.21", "127.0.0.1", "0.0.0.0", "laptop"]) {
    assert.throws(
      () => lanAddressOf(LAPTOP, address),
      /Expected --lan-address to be one of 172\.17\.0\.1, .*192\.168\.1\.20, got/,
    );
  }
});

Deno.test("lanAddressOf: without a network it says so", () => {
  assert.throws(() => lanAddressOf(named([["lo", "127.0.0.1"]])), /no network/);
});
