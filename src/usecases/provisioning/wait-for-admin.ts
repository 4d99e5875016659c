import { checkConsent, someOf } from "../../domain/consent-check.ts";
import { nextLookMs } from "../../domain/provisioning.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { StepRow } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { madeSoFar, type Work } from "./work.ts";

/**
 * Where Usher may not consent, an administrator does. Ends once all that was approved is granted; an app that was
 * granted anything beyond that gets no secret from Usher, ever.
 */
export async function waitForConsent(world: World, work: Work, row: StepRow): Promise<void> {
  const { plan } = work.request;
  const { servicePrincipalId, principalSince } = madeSoFar(work);
  const granted = await world.registrar.granted(servicePrincipalId, plan.permissions, principalSince);
  const { missing, beyond } = checkConsent(plan, granted);
  if (beyond.length > 0) {
    throw new DirectoryFailure(
      `The app was granted more than was approved: ${someOf(beyond)}. Usher gives no access to an app that may do more than an approver has read. An administrator must take that away in Entra.`,
      { kind: "final" },
    );
  }
  if (missing.length === 0) return;
  throw notYet(
    world,
    row,
    missing.length >= plan.permissions.length
      ? "No administrator has granted it yet."
      : `An administrator has granted a part of it. Still missing: ${someOf(missing)}.`,
  );
}

/** Waits until an administrator has made the APIs known to the tenant that Usher has no right to make. */
export async function waitForApis(world: World, { request }: Work, row: StepRow): Promise<void> {
  const { left } = await world.registrar.ensureApis(request.plan.missingApis ?? []);
  if (left.length === 0) return;
  const names = left.map(({ name }) => name).join(", ");
  const commands = left.map(({ clientId }) => `\`az ad sp create --id ${clientId}\``).join(" and ");
  throw notYet(
    world,
    row,
    `This tenant does not have ${names} yet, and Usher has no right to make ${left.length === 1 ? "it" : "them"} known. An administrator must run ${commands} once; then Usher goes on by itself.`,
  );
}

/** The next look is a time in the row: whoever runs then looks, also after a restart. */
function notYet(world: World, { firstAttemptAt }: StepRow, sentence: string): DirectoryFailure {
  return new DirectoryFailure(sentence, {
    kind: "retry",
    retryAfterMs: nextLookMs(firstAttemptAt, world.clock.now()),
  });
}
