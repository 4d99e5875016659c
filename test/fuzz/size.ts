import { randomInt } from "node:crypto";

/** So many cases in all: a few thousand in `npm test`, 100,000 with `FUZZ_CASES=100000 npm run fuzz`. */
const inAll = Number(process.env.FUZZ_CASES ?? 2_000);

/** The same cases again with the seed that a failure prints. */
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

/** What fast-check is told for a part of all cases. */
export const share = (part: number) => ({ numRuns: Math.ceil(inAll * part), seed });
