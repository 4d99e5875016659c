import { type Expected, expectedOf, withAccepted } from "../../domain/drift-expected.ts";
import type { Finding } from "../../domain/finding.ts";
import { ownerByRank, rankPermissions, rankRoles } from "../../domain/permission.ts";
import { isConsented } from "../../domain/provisioning.ts";
import type { Registration } from "../../domain/registration.ts";
import { namedBeside } from "../ports/ownership.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";

/** What should stand in Entra for a registration: its approved plan, less what an approver has accepted since. */
export async function expectedFor(
  { catalog }: World,
  tables: Tables,
  { id, plan, owner, clientId }: Registration,
  findings: readonly Finding[],
): Promise<Expected> {
  const [keys, steps, entraOwner] = await Promise.all([
    tables.keys.of(id),
    tables.steps.all(id),
    tables.entraOwners.get(id),
  ]);
  const outcomes = steps.map(({ outcome }) => outcome);
  const ranked = [
    ...rankPermissions(plan.permissions, catalog.permissionFacts),
    ...rankRoles(plan.directoryRoles ?? [], catalog.roleFacts),
  ];
  const isOwned = (plan.owner ?? ownerByRank(ranked)) === "requester";
  const isLeftOut = outcomes.some(({ ownerLeftOut }) => ownerLeftOut !== undefined);
  const working = keys.filter(({ state }) => state === "current" || state === "retiring");
  const expected = expectedOf(plan, {
    clientId,
    owner: isOwned && !isLeftOut && !entraOwner ? owner : undefined,
    ...(entraOwner && {
      mayOwn: [...namedBeside(entraOwner, owner), owner].map(({ userId }) => userId.toLowerCase()),
    }),
    isConsented: isConsented(plan),
    rolesLeft: outcomes.flatMap(({ rolesMissing }) => rolesMissing?.split(", ") ?? []),
    keyIds: working.flatMap(({ keyId }) => keyId ?? []),
    // Everybody reads the name of the current one, so it excuses no other.
    markers: keys.flatMap(({ state, marker }) =>
      state === "intended" || state === "abandoned" ? marker : [],
    ),
  });
  const accepted = findings.filter(({ state }) => state === "accepted");
  return withAccepted(
    expected,
    accepted.map(({ drift }) => drift),
  );
}
