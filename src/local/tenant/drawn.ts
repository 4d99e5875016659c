import { createHash } from "node:crypto";

/** A number from 0 to 1, as if at random: the same for the same seed and the same thing that it is drawn for. */
export function drawn(seed: number, what: string): number {
  return createHash("sha256").update(`${seed} ${what}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
