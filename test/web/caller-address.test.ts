import assert from "node:assert/strict";
import { callerAddressBehind } from "../../src/web/caller-address.ts";

/** Where the request comes from, with which X-Forwarded-For, and who is the caller then. */
type Case = [what: string, peer: string, forwarded: string | undefined, caller: string];

const addressOf = (trusted: string[], peer: string, forwarded: string | undefined) =>
  callerAddressBehind(trusted)({
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
    socket: { remoteAddress: peer } as never,
  });

describe("the address of a caller, without trusted proxies", () => {
  const cases: Case[] = [
    ["is where the connection comes from", "198.51.100.9", undefined, "198.51.100.9"],
    ["is so whatever the header claims", "198.51.100.9", "203.0.113.1", "198.51.100.9"],
    ["is so whatever the header claims on loopback", "127.0.0.1", "203.0.113.1", "127.0.0.1"],
    ["is an IPv4 one that the socket writes as IPv6", "::ffff:198.51.100.9", undefined, "198.51.100.9"],
    ["is the network of an IPv6 one", "2001:db8:1:2:3:4:5:6", undefined, "2001:db8:1:2"],
    ["is the network of a short IPv6 one", "2001:db8::1", undefined, "2001:db8:0:0"],
    ["is the network of a local IPv6 one", "fe80::1%eth0", undefined, "fe80:0:0:0"],
    ["is none where the connection is gone", "", "203.0.113.1", ""],
  ];
  for (const [what, peer, forwarded, caller] of cases)
    it(what, () => assert.equal(addressOf([], peer, forwarded), caller));
});

describe("the address of a caller behind trusted proxies", () => {
  const trusted = ["10.0.0.1", "10.2.0.0/16", "2001:db8:ffff::/48"];
  const cases: Case[] = [
    ["is what the proxy heard from", "10.0.0.1", "203.0.113.1", "203.0.113.1"],
    [
      "is what the rightmost proxy heard from, not what was sent along",
      "10.0.0.1",
      "6.6.6.6, 203.0.113.1",
      "203.0.113.1",
    ],
    ["is found through a row of them", "10.0.0.1", "6.6.6.6, 203.0.113.1, 10.2.3.4", "203.0.113.1"],
    ["is found through one that speaks IPv6", "2001:db8:ffff::9", "203.0.113.1", "203.0.113.1"],
    ["is found through one that is written as IPv6", "::ffff:10.0.0.1", "203.0.113.1", "203.0.113.1"],
    ["is the peer that is not trusted, also beside a trusted network", "10.3.0.1", "203.0.113.1", "10.3.0.1"],
    [
      "is the peer that only claims to come from a trusted one",
      "198.51.100.9",
      "203.0.113.1, 10.0.0.1",
      "198.51.100.9",
    ],
    ["is the proxy itself without the header", "10.0.0.1", undefined, "10.0.0.1"],
    ["is the proxy itself with an empty header", "10.0.0.1", "", "10.0.0.1"],
    ["is the proxy itself where no address follows", "10.0.0.1", "203.0.113.1, unknown", "10.0.0.1"],
    ["is the leftmost where all are trusted", "10.0.0.1", "10.2.0.9, 10.2.0.8", "10.2.0.9"],
    ["is without its port", "10.0.0.1", "203.0.113.1:55123", "203.0.113.1"],
    ["is without its port and brackets", "10.0.0.1", "[2001:db8:1:2::7]:55123", "2001:db8:1:2"],
    ["is one, however an address is written", "10.0.0.1", "2001:DB8:1:2:0:0:0:7", "2001:db8:1:2"],
    ["is one IPv4 address, however it is written", "10.0.0.1", "::ffff:cb00:7101", "203.0.113.1"],
  ];
  for (const [what, peer, forwarded, caller] of cases)
    it(what, () => assert.equal(addressOf(trusted, peer, forwarded), caller));
});
