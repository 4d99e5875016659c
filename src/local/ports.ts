import { createServer } from "node:net";

const triesAfterDefault = 50;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** A port that was asked for, or a default one and the next free ones after it. `taken` are promised to others. */
export async function choosePort(
  asked: number | undefined,
  otherwise: number,
  taken: ReadonlySet<number> = new Set(),
): Promise<number> {
  if (asked !== undefined) {
    if (asked === 0 || (await isFree(asked))) return asked;
    throw new Error(
      `Port ${asked} was asked for and is busy. Stop what listens there, or ask for another one with PORT.`,
    );
  }
  for (let port = otherwise; port < otherwise + triesAfterDefault; port++) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(
    `No port is free from ${otherwise} to ${otherwise + triesAfterDefault - 1}. Close another program and start again.`,
  );
}
