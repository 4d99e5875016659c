import type { IncomingMessage } from "node:http";
import { BlockList, isIP, SocketAddress } from "node:net";

/** The address of whoever sends a request, as far as it can be known; an IPv6 one as its network of 64 bits. */
export type CallerAddress = (request: Pick<IncomingMessage, "headers" | "socket">) => string;

/**
 * Each proxy appends to X-Forwarded-For whom it heard from; whatever stands to the left of that was there before, and
 * anybody can write it. So it is read from the right, and only as long as trusted proxies have written it.
 */
export function callerAddressBehind(trustedProxies: readonly string[]): CallerAddress {
  const trusted = new BlockList();
  for (const each of trustedProxies) {
    const [address = "", bits] = each.split("/");
    if (bits === undefined) trusted.addAddress(address, familyOf(address));
    else trusted.addSubnet(address, Number(bits), familyOf(address));
  }
  const isTrusted = (address: string) => trusted.check(address, familyOf(address));

  return ({ headers, socket }) => {
    let address = plainAddress(socket.remoteAddress ?? "") ?? "";
    const forwarded = String(headers["x-forwarded-for"] ?? "").split(",");
    while (address && isTrusted(address)) {
      const before = plainAddress(forwarded.pop() ?? "");
      if (before === undefined) break;
      address = before;
    }
    return isIP(address) === 6 ? networkOf(address) : address;
  };
}

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** Without a port and without brackets (some proxies write both); an IPv4 address that is written as IPv6 is that. */
function plainAddress(text: string): string | undefined {
  const [, bracketed, withPort] = /^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text.trim()) ?? [];
  const address = bracketed ?? withPort ?? text.trim();
  if (isIP(address) !== 6) return isIP(address) ? address : undefined;
  const short = shortest(address);
  return /^::ffff:([\d.]+)$/.exec(short)?.[1] ?? short;
}

const shortest = (address: string) => new SocketAddress({ address, family: "ipv6" }).address;

/** Whoever has one IPv6 address has the 2⁶⁴ beside it too. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = (text: string | undefined) => (text ? text.split(":") : []);
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array(missing).fill("0"), ...groups(tail)].slice(0, 4).join(":");
}
