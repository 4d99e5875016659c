import { newKeyPoints } from "../../src/local/kill-points.ts";
import { playRounds, roundsOf } from "../support/kill-rounds.ts";
import { faultsSeed, isShort } from "./seed.ts";

/** For each carrier, with and without replication delay. */
const rounds = 50;

describe(`a bot that is killed over and over (FAULTS_SEED=${faultsSeed})`, function () {
  this.timeout(180_000);
  if (isShort) {
    // One that is drawn, beside those that `npm test` always plays.
    const carrier = faultsSeed % 2 === 0 ? "PostgreSQL" : "the embedded database";
    playRounds(carrier, faultsSeed, roundsOf(faultsSeed, 1));
    return;
  }
  playRounds("the embedded database", undefined, roundsOf(faultsSeed, rounds));
  playRounds("the embedded database", faultsSeed, roundsOf(faultsSeed + 1, rounds));
  playRounds("PostgreSQL", undefined, roundsOf(faultsSeed + 2, rounds));
  playRounds("PostgreSQL", faultsSeed, roundsOf(faultsSeed + 3, rounds));
});

describe(`a bot that is killed over and over while it replaces secrets (FAULTS_SEED=${faultsSeed})`, function () {
  this.timeout(180_000);
  // Whoever starts again takes every step again but these: the press stands, and the secret before can go only once.
  const isOnce = (again: string, at: string) =>
    again === "new-key" || (again === "new-key:removed" && at !== "new-key") || at === "new-key:done";
  // Each point by itself, and each before every other that comes again.
  const replacing = newKeyPoints.flatMap((at) => [
    { at, isReplacing: true } as const,
    ...newKeyPoints
      .filter((again) => !isOnce(again, at))
      .map((again) => ({ at, again, isReplacing: true }) as const),
  ]);
  if (!isShort) playRounds("the embedded database", undefined, replacing);
  const from = faultsSeed % replacing.length;
  playRounds("PostgreSQL", faultsSeed, isShort ? replacing.slice(from, from + 1) : replacing);
});
