import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";

const loopback = "127.0.0.1";

/** Whether nobody listens on this port of loopback. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: loopback, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** This machine's addresses that other machines may reach. Link-local IPv6 needs a zone to connect to and is left out. */
export function outsideAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address);
}

/** Those of the addresses at which something accepts a connection on the port. */
export async function addressesThatAnswer(port: number, addresses: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(addresses.map((address) => accepts(address, port)));
  return addresses.filter((_, index) => answers[index]);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const answer = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    // A firewall that swallows the packets keeps other machines away as well.
    socket.once("timeout", () => answer(false));
  });
}
