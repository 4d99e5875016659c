import { randomBytes } from "node:crypto";
import type { Plan } from "./plan.ts";

/**
 * The steps of making a registration, in the order in which people read them. Each is a row: written as an intent
 * before its call, with its outcome after it.
 */
export const provisioningSteps = [
  "missing-apis",
  "application",
  "service-principal",
  "identifier-uri",
  "application-permissions",
  "delegated-permissions",
  "admin-consent",
  "directory-roles",
  "personal-chat",
  "credential",
] as const;
export type StepName = (typeof provisioningSteps)[number];

/**
 * What each step waits for, of those that the plan has. Those with the same needs go beside each other, but two
 * writes on one object never do. The credential comes last.
 */
export const stepNeeds: Readonly<Record<StepName, readonly StepName[]>> = {
  "missing-apis": [],
  application: ["missing-apis"],
  "service-principal": ["application"],
  "identifier-uri": ["service-principal"],
  "application-permissions": ["service-principal"],
  "delegated-permissions": ["service-principal"],
  "admin-consent": ["service-principal"],
  "directory-roles": ["service-principal"],
  "personal-chat": [],
  credential: [
    "identifier-uri",
    "application-permissions",
    "delegated-permissions",
    "admin-consent",
    "directory-roles",
    "personal-chat",
  ],
};

/**
 * The steps that this plan has. A secret alone needs a personal chat: its link goes nowhere else. Where Usher may not
 * consent, an administrator does, and Usher waits for that instead of granting anything.
 */
export function stepsOf(plan: Plan, mayConsent: boolean): StepName[] {
  const isLeftToAdmin = !mayConsent && isConsented(plan) && plan.permissions.length > 0;
  const isNeeded: Readonly<Partial<Record<StepName, boolean>>> = {
    "missing-apis": (plan.missingApis ?? []).length > 0,
    "identifier-uri": plan.expose !== undefined,
    "application-permissions": !isLeftToAdmin,
    "delegated-permissions": !isLeftToAdmin,
    "admin-consent": isLeftToAdmin,
    "directory-roles": (plan.directoryRoles ?? []).length > 0,
    "personal-chat": plan.credential.kind === "secret",
  };
  return provisioningSteps.filter((step) => isNeeded[step] ?? true);
}

/** Steps that wait for a person: as long as it takes, with what is waited for in their row all the while. */
export const waitsForPerson: ReadonlySet<StepName> = new Set([
  "missing-apis",
  "admin-consent",
  "personal-chat",
]);

/**
 * How long until Usher looks again whether an administrator has done their part: each minute while somebody may be at
 * it, every ten minutes after an hour. There is no end: nothing is lost by waiting.
 */
export function nextLookMs(since: Date, now: Date): number {
  return now.getTime() - since.getTime() < 60 * 60_000 ? 60_000 : 10 * 60_000;
}

/** `undoing` and `undone` follow in a clean-up, from any of the others. */
export type StepState = "intended" | "done" | "waiting" | "failed" | "undoing" | "undone";

/** Steps of a plan that may start now: not done, and with everything that they need done. */
export function readySteps(steps: readonly StepName[], done: ReadonlySet<StepName>): StepName[] {
  return steps.filter(
    (step) => !done.has(step) && stepNeeds[step].every((need) => done.has(need) || !steps.includes(need)),
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

/** Entra agrees with itself within seconds to many minutes, so a step is tried for half an hour. */
export const stepPatience = { ms: 30 * 60_000 } as const;

/**
 * Whether a step that Entra answers, and does not agree with itself about, is given up. Time alone does not end it:
 * after a long downtime there would have been one attempt only. An attempt at a key takes minutes, and makes one each.
 */
export function isTooLate(kind: "key" | "other", attempts: number, since: Date, now: Date): boolean {
  return attempts >= (kind === "key" ? 3 : 20) && now.getTime() - since.getTime() > stepPatience.ms;
}

/** Milliseconds until the next attempt: doubling from one second to one minute, or what Graph asked for when that is longer. */
export function nextDelayMs(attempts: number, retryAfterMs = 0): number {
  return Math.max(retryAfterMs, Math.min(1000 * 2 ** Math.max(0, attempts - 1), 60_000));
}
