import { randomInt } from "node:crypto";

/** `FAULTS=short`: a round of some minutes, as in CI. */
export const isShort = process.env.FAULTS === "short";

/** What is drawn in these tests follows from this number; the tests' own names say it, so that a run can be repeated. */
export const faultsSeed = Number(process.env.FAULTS_SEED || randomInt(1, 1_000_000));
