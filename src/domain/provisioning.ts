import { randomBytes } from "node:crypto";
import type { Plan } from "./plan.ts";

/**
 * The steps of making a registration, in the order in which people read them. Each is a row: written as an intent
 * before its call, with its outcome after it.
 */
export const provisioningSteps = [
  "application",
  "service-principal",
  "application-permissions",
  "delegated-permissions",
  "personal-chat",
  "credential",
] as const;
export type StepName = (typeof provisioningSteps)[number];

/** What each step waits for. Those with the same needs go beside each other. The credential comes last. */
export const stepNeeds: Readonly<Record<StepName, readonly StepName[]>> = {
  application: [],
  "service-principal": ["application"],
  "application-permissions": ["service-principal"],
  "delegated-permissions": ["service-principal"],
  "personal-chat": [],
  credential: ["application-permissions", "delegated-permissions", "personal-chat"],
};

export type StepState = "intended" | "done" | "waiting" | "failed";

/** Steps that may start now: not done, and with everything that they need done. */
export function readySteps(done: ReadonlySet<StepName>): StepName[] {
  return provisioningSteps.filter(
    (step) => !done.has(step) && stepNeeds[step].every((need) => done.has(need)),
  );
}

/** Whether consent is given by Usher at all: "optional" and "none" leave the permissions declared only. */
export function isConsented(plan: Plan): boolean {
  return plan.consent === "admin";
}

/** 128 random bits that nobody is shown: a name that others could guess could be taken beforehand. */
export function newUniqueName(): string {
  return `usher-${randomBytes(16).toString("hex")}`;
}

/** Stands in the display name of one attempt's key, so that this key can be found and removed. */
export function newKeyMarker(): string {
  return `[${randomBytes(8).toString("hex")}]`;
}

export const keyDisplayName = (label: string, marker: string) =>
  `${label.slice(0, 80).toWellFormed()} ${marker}`;

/**
 * Entra agrees with itself within seconds to many minutes, so a step is tried for half an hour. Time alone does not
 * end it: after a long downtime there would have been one attempt only.
 */
export const stepPatience = { ms: 30 * 60_000, attempts: 20 } as const;

/** Milliseconds until the next attempt: doubling from one second to one minute, or what Graph asked for when that is longer. */
export function nextDelayMs(attempts: number, retryAfterMs = 0): number {
  return Math.max(retryAfterMs, Math.min(1000 * 2 ** Math.max(0, attempts - 1), 60_000));
}
