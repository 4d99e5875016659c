import type { ApiCatalog } from "../domain/blueprint.ts";
import type { Rank } from "../domain/permission.ts";
import type { ForbidRule, Policy, RankPolicy } from "../domain/policy.ts";
import { rows } from "./plan-text.ts";
import { ranks } from "./policy-shape.ts";

/** A policy in plain lines, for whoever wrote it. */
export function policyText(policy: Policy, apis: ApiCatalog): string[] {
  return [
    ...rows(
      "May ask",
      policy.mayAsk.map(({ group, systems }) => `group ${group}, for ${systems?.join(", ") ?? "everything"}`),
      "everybody who works in the tenant",
    ),
    ...rows("At once", [`${counted(policy.openRequests, "open request")} of one person`]),
    ...rows("Names", policy.name ? [`as ${policy.name.pattern} - ${policy.name.sentence}`] : [], "any"),
    ...rows(
      "Forbidden",
      policy.forbid.map((rule) => `${forbidText(rule, apis)} - ${rule.sentence}`),
      "nothing",
    ),
    ...rows(
      "By itself",
      policy.autoApprove.map(
        ({ name, upTo, systems, group }) =>
          `"${name}" approves ${systems.join(", ")} up to ${upTo}${group ? `, asked for by group ${group}` : ""}`,
      ),
      "nothing is approved without anybody",
    ),
    ...rows(
      "Opened by",
      policy.handover.map((rule) => {
        const who = "person" in rule ? `person ${rule.person}` : `group ${rule.group}`;
        return `${who}, in the place of the requester, for ${rule.systems?.join(", ") ?? "everything"}`;
      }),
      "the requester opens the one-time links",
    ),
    ...ranks.flatMap((rank) => rows(rankName(rank), rankText(policy.ranks[rank]))),
  ];
}

const rankName = (rank: Rank) => `${rank[0]?.toUpperCase()}${rank.slice(1)}`;

function forbidText(rule: ForbidRule, apis: ApiCatalog): string {
  const { permission, api, kind, role, system, audience, rank } = rule;
  const apiName = Object.values(apis).find(({ clientId }) => clientId === api)?.name;
  const named = [kind, "permission", permission].filter((word) => word !== undefined).join(" ");
  return [
    ...((permission ?? api ?? kind) ? [`${named}${apiName ? ` of ${apiName}` : ""}`] : []),
    ...(role !== undefined ? [`role ${role}`] : []),
    ...(system !== undefined ? [`system ${system}`] : []),
    ...(audience !== undefined ? [`audience ${audience}`] : []),
    ...(rank !== undefined ? [`risk ${rank} and higher`] : []),
  ].join(", with ");
}

function rankText(policy: RankPolicy): string[] {
  const { approvals, approvers, alternates, remindAfterHours, escalateAfterHours, expireAfterHours } = policy;
  const group = approvers ? `group ${approvers}` : "the group of APPROVERS_GROUP";
  const extras = [
    ...(policy.reasonToApprove ? ["a typed reason"] : []),
    ...(policy.freshSignIn ? ["a fresh sign-in"] : []),
  ];
  const also =
    alternates && escalateAfterHours !== undefined
      ? `; after ${hours(escalateAfterHours)} group ${alternates} may decide too`
      : "";
  return [
    `${counted(approvals, "approval")} by ${group}${extras.length > 0 ? `, each with ${extras.join(" and ")}` : ""}${also}`,
    `${remindAfterHours === undefined ? "no reminders" : `a reminder every ${hours(remindAfterHours)}`}; without a decision it ends after ${hours(expireAfterHours)}`,
    `secrets of ${counted(policy.secretMonths, "month")} at most; links of ${hours(policy.linkHours)}; a rotation overlaps by ${counted(policy.overlapDays, "day")}; ${policy.owners === 2 ? "two owners" : "one owner"}; owned in Entra by ${policy.owner === "requester" ? "Usher and the requester" : "Usher alone"}`,
  ];
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Hours, and days where that is what was meant. */
const hours = (count: number) =>
  count >= 48 && count % 24 === 0 ? counted(count / 24, "day") : counted(count, "hour");
