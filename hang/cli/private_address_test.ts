import assert from "node:assert/strict";
import { isPrivateAddress } from "./private_address.ts";

const PRIVATE = [
  ...["127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255"],
  ...["192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"],
  ...["::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1"],
  ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:192.168.0.1", "::127.0.0.1"],
  ...["64:ff9b::10.0.0.1", "2002:7f00:1::1", "2001:db8::1", "localhost", ""],
];
const PUBLIC = [
  ...["1.1.1.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "223.255.255.255"],
  ...[
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::",
  ],
];

Deno.test("isPrivateAddress: loopback, private, link-local, and IPv4 within IPv6", () => {
  for (const address of PRIVATE) {
    assert.equal(isPrivateAddress(address), true, address);
  }
  for (const address of PUBLIC) {
    assert.equal(isPrivateAddress(address), false, address);
  }
});
