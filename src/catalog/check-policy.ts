import { parseGroupId } from "../domain/ids.ts";
import { nearest } from "../domain/nearest.ts";
import type { ForbidRule } from "../domain/policy.ts";
import { type InForce, type PolicyFile, ranks } from "./policy-shape.ts";
import { type Shared, unknownApi } from "./shared-files.ts";
import type { Finding } from "./yaml-file.ts";

/** Microsoft Graph says about twenty groups in one answer whether somebody is in them. */
const mostGroups = 20;

/** What the shape alone does not show. Needs a file that has the shape, and what counts where it says nothing. */
export function policyFindings(written: PolicyFile, inForce: InForce, shared: Shared): Finding[] {
  return [
    ...ranks.flatMap((rank) => rankFindings(rank, written, inForce)),
    ...(written.forbid ?? []).flatMap((rule, at) => forbidFindings(rule, at, shared)),
    ...(written.autoApprove ?? []).flatMap(({ upTo }, at): Finding[] =>
      upTo === "tier0"
        ? [
            {
              path: ["autoApprove", at, "upTo"],
              reason:
                "what leads to the whole tenant (tier0) is never approved without anybody. Say low, medium or high.",
            },
          ]
        : [],
    ),
    ...handoverFindings(written.handover ?? []),
    ...groupFindings("mayAsk", written.mayAsk ?? []),
    ...groupFindings("autoApprove", written.autoApprove ?? []),
  ];
}

function rankFindings(rank: (typeof ranks)[number], written: PolicyFile, inForce: InForce): Finding[] {
  const said = written.ranks?.[rank] ?? {};
  const { remindAfterHours, escalateAfterHours, expireAfterHours, alternates } = inForce.ranks[rank];
  const tooLate = (key: "remindAfterHours" | "escalateAfterHours", hours: number | "never"): Finding[] => {
    if (hours === "never" || hours < expireAfterHours) return [];
    // Where only the end was said, the default of the other one is what does not fit.
    const isSaid = said[key] !== undefined;
    return [
      {
        path: ["ranks", rank, isSaid ? key : "expireAfterHours"],
        reason: isSaid
          ? `must be less than expireAfterHours (${expireAfterHours}), or never`
          : `must be more than ${key} (${hours} unless you say another), or say ${key}: never`,
      },
    ];
  };
  return [
    ...tooLate("remindAfterHours", remindAfterHours),
    ...tooLate("escalateAfterHours", escalateAfterHours),
    ...(alternates && escalateAfterHours === "never"
      ? [
          {
            path: ["ranks", rank, "alternates"],
            reason: "they decide only after escalateAfterHours, which is never here",
          },
        ]
      : []),
  ];
}

function forbidFindings(rule: ForbidRule, at: number, { apis }: Shared): Finding[] {
  const { sentence: _sentence, ...conditions } = rule;
  return [
    ...(Object.keys(conditions).length === 0
      ? [
          {
            path: ["forbid", at],
            reason:
              "it would forbid everything. Say what: permission, api, kind, role, system, audience or rank.",
          },
        ]
      : []),
    ...(rule.api !== undefined && !Object.hasOwn(apis, rule.api)
      ? [{ path: ["forbid", at, "api"], reason: unknownApi(rule.api, apis) }]
      : []),
  ];
}

function handoverFindings(rules: NonNullable<PolicyFile["handover"]>): Finding[] {
  const firstForAll = rules.findIndex(({ systems }) => !systems);
  return rules.flatMap(({ person, group }, at): Finding[] => [
    ...(person === undefined && group === undefined
      ? [{ path: ["handover", at], reason: "it names nobody who opens the links. Say person or group." }]
      : []),
    ...(person !== undefined && group !== undefined
      ? [{ path: ["handover", at], reason: "it names a person and a group. Say one of them." }]
      : []),
    ...(firstForAll >= 0 && at > firstForAll
      ? [
          {
            path: ["handover", at],
            reason:
              "it never counts: a rule before it is for all systems, and the first one counts. Put it before that one.",
          },
        ]
      : []),
  ]);
}

function groupFindings(part: "mayAsk" | "autoApprove", entries: readonly { group?: string }[]): Finding[] {
  const groups = new Set(entries.flatMap(({ group }) => parseGroupId(group) ?? []));
  return groups.size > mostGroups
    ? [
        {
          path: [part],
          reason: `names ${groups.size} groups, and Entra is asked for ${mostGroups} at most. Put some into one group.`,
          isKey: true,
        },
      ]
    : [];
}

/**
 * Names that nothing is called today. A blueprint that was left out must not take the policy down, and a permission
 * may be older here than in the file that describes them: such a rule stands, and matches once there is such a thing.
 */
export function policyWarnings(written: PolicyFile, shared: Shared, systems: readonly string[]): Finding[] {
  const system = (path: Finding["path"], id: string): Finding[] =>
    systems.includes(id) ? [] : [{ path, reason: `there is no blueprint "${id}".${meant(id, systems)}` }];
  const all = (part: "mayAsk" | "autoApprove" | "handover") =>
    (written[part] ?? []).flatMap(({ systems: named = [] }, at) =>
      named.flatMap((id, within) => system([part, at, "systems", within], id)),
    );
  return [
    ...all("mayAsk"),
    ...(written.forbid ?? []).flatMap((rule, at) => [
      ...(rule.system !== undefined ? system(["forbid", at, "system"], rule.system) : []),
      ...unknownNames(rule, at, shared),
    ]),
    ...all("autoApprove"),
    ...all("handover"),
  ];
}

/** A name that is spelled wrong forbids nothing, so whoever wrote it should hear of it. */
function unknownNames(rule: ForbidRule, at: number, { apis, permissionFacts, roleFacts }: Shared): Finding[] {
  const { permission, api, kind, role } = rule;
  const permissions = permissionFacts
    .filter((fact) => api === undefined || fact.api === apis[api]?.clientId)
    .filter((fact) => kind === undefined || fact.kind === kind)
    .map(({ name }) => name);
  const roles = roleFacts.map(({ name }) => name);
  return [
    ...(permission !== undefined && !permissions.includes(permission)
      ? [
          {
            path: ["forbid", at, "permission"],
            reason: `permissions.yaml does not describe "${permission}".${meant(permission, permissions)}`,
          },
        ]
      : []),
    ...(role !== undefined && !roles.includes(role)
      ? [
          {
            path: ["forbid", at, "role"],
            reason: `roles.yaml does not describe "${role}".${meant(role, roles)}`,
          },
        ]
      : []),
  ];
}

function meant(text: string, known: readonly string[]): string {
  const near = nearest(text, known);
  return near ? ` Did you mean ${near}?` : "";
}
