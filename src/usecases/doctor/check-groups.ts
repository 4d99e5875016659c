import type { GroupId } from "../../domain/ids.ts";
import type { Rank } from "../../domain/permission.ts";
import type { Patient } from "./checks.ts";
import { type Finding, ok, wrong } from "./finding.ts";

type Use = {
  as:
    | "the admins"
    | "the approvers"
    | "the alternates"
    | "who may ask"
    | "who opens links"
    | `the rule ${string}`;
  rank?: Rank;
  approvals?: number;
};

/** Every group that the environment and the policy name, with what it is for. */
function groupsOf({ settings, catalog }: Patient): Map<GroupId, Use[]> {
  const groups = new Map<GroupId, Use[]>();
  const note = (group: GroupId | undefined, use: Use) => {
    if (group) groups.set(group, [...(groups.get(group) ?? []), use]);
  };
  note(settings.adminsGroup, { as: "the admins" });
  const { ranks, mayAsk, autoApprove, handover } = catalog.policy;
  for (const [key, { approvers = settings.approversGroup, alternates, approvals }] of Object.entries(ranks)) {
    const rank = key as Rank;
    note(approvers, { as: "the approvers", rank, approvals });
    note(alternates, { as: "the alternates", rank });
  }
  for (const { group } of mayAsk) note(group, { as: "who may ask" });
  for (const { group, name } of autoApprove) note(group, { as: `the rule ${name}` });
  for (const rule of handover) if ("group" in rule) note(rule.group, { as: "who opens links" });
  return groups;
}

/** `the admins, the approvers for high and tier0`; of all ranks, none is named. */
function usesInWords(uses: readonly Use[], ranks: number): string {
  const words = [...new Set(uses.map(({ as }) => as))].map((as) => {
    const of = uses.flatMap((use) => (use.as === as && use.rank ? use.rank : []));
    if (of.length === 0 || of.length === ranks) return as;
    return `${as} for ${of.join(", ").replace(/, ([^,]*)$/, " and $1")}`;
  });
  return words.join(", ");
}

export async function checkGroups(patient: Patient): Promise<Finding[]> {
  const found = await Promise.all(
    [...groupsOf(patient)].map(([group, uses]) => checkGroup(patient, group, uses)),
  );
  return found;
}

async function checkGroup(
  { directory, probes, catalog }: Patient,
  group: GroupId,
  uses: Use[],
): Promise<Finding> {
  const isOfPeople = uses.some(({ as }) => ["the admins", "the approvers", "the alternates"].includes(as));
  const name = `Group of ${usesInWords(uses, Object.keys(catalog.policy.ranks).length)}`;
  const called = await directory.groupName(group);
  if (called === undefined)
    return wrong(
      name,
      `There is no group ${group} in the tenant.`,
      "Name another one, in the environment or in the policy.",
    );
  const add = `Add people to ${called} in Entra.`;
  if (!isOfPeople) {
    if (await probes.hasMembers(group)) return ok(name, `${called} has members.`);
    return wrong(name, `${called} is empty.`, add);
  }
  const members = await directory.members(group);
  const able = members.filter(({ isEnabled, isGuest }) => isEnabled && !isGuest).length;
  const needed = Math.max(1, ...uses.map(({ approvals = 1 }) => approvals));
  const people = able === 1 ? "1 person" : `${able} people`;
  if (able === 0) return wrong(name, `${called} holds nobody whose account is enabled and no guest's.`, add);
  if (able < needed)
    return wrong(name, `${called} holds ${people}, and some requests need ${needed} approvals.`, add);
  const isDeciding = uses.some(({ approvals }) => approvals !== undefined);
  const short =
    isDeciding && able === needed
      ? ` Nobody decides on their own request: where one of them asks for what needs ${needed === 1 ? "1 approval" : `${needed} approvals`}, it can never be approved.`
      : "";
  return ok(name, `${called} holds ${people}.${short}`);
}
