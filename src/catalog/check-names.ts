import type { Blueprint, Question } from "../domain/blueprint.ts";
import { nearest } from "../domain/nearest.ts";
import type { PermissionKind } from "../domain/permission.ts";
import { type Shared, unknownApi } from "./shared-files.ts";
import type { Finding, Path } from "./yaml-file.ts";

/** Names that must be described elsewhere: APIs, permissions, directory roles, and the questions of typed entries. */
export function nameFindings(blueprint: Blueprint, shared: Shared): Finding[] {
  return [
    ...grantFindings(blueprint, shared),
    ...roleFindings(blueprint, shared),
    ...typedFindings(blueprint),
  ];
}

const kinds: readonly PermissionKind[] = ["delegated", "application"];

function grantFindings({ grant = [] }: Blueprint, shared: Shared): Finding[] {
  return grant.flatMap((entry, at): Finding[] => {
    if ("typed" in entry) return [];
    if (!Object.hasOwn(shared.apis, entry.api)) {
      return [{ path: ["grant", at, "api"], reason: unknownApi(entry.api, shared.apis) }];
    }
    if (!entry.delegated && !entry.application) {
      return [{ path: ["grant", at], reason: "it names no permission: add delegated or application" }];
    }
    return kinds.flatMap((kind) =>
      (entry[kind] ?? []).flatMap((name, nth) => {
        const reason = unknownPermission(entry.api, kind, name, shared);
        return reason === undefined ? [] : [{ path: ["grant", at, kind, nth], reason }];
      }),
    );
  });
}

function unknownPermission(
  alias: string,
  kind: PermissionKind,
  name: string,
  shared: Shared,
): string | undefined {
  const api = shared.apis[alias]!;
  const facts = shared.permissionFacts.filter((fact) => fact.api === api.clientId);
  const isKnown = (of: PermissionKind) => facts.some((fact) => fact.kind === of && fact.name === name);
  if (isKnown(kind)) return undefined;
  const other = kind === "delegated" ? "application" : "delegated";
  if (isKnown(other)) {
    return `the catalogue knows "${name}" of ${api.name} only as ${articled[other]} permission, not as ${articled[kind]} one`;
  }
  const meant = nearest(
    name,
    facts.flatMap((fact) => (fact.kind === kind ? fact.name : [])),
  );
  const hint = meant
    ? `Did you mean ${meant}?`
    : "If it exists, describe it in permissions.yaml with its rank and a sentence (CONTRIBUTING.md says how).";
  return `${api.name} has no ${kind} permission "${name}" that the catalogue knows. ${hint}`;
}

const articled: Record<PermissionKind, string> = { delegated: "a delegated", application: "an application" };

function roleFindings({ roles = [], ask }: Blueprint, shared: Shared): Finding[] {
  const named = roles.flatMap((entry, at): [Path, string][] =>
    "typed" in entry ? [] : [[["roles", at, "role"], entry.role]],
  );
  const offered = ask.flatMap((question, at): [Path, string][] =>
    question.type === "many" && roles.some((entry) => "typed" in entry && entry.typed === question.key)
      ? Object.keys(question.options).map((option) => [["ask", at, "options", option], option])
      : [],
  );
  const known = shared.roleFacts.map(({ name }) => name);
  return [...named, ...offered].flatMap(([path, role]): Finding[] => {
    if (known.includes(role)) return [];
    const meant = nearest(role, known);
    const hint = meant
      ? `Did you mean ${meant}?`
      : "If it exists, describe it there with its rank and a sentence.";
    return [
      {
        path,
        reason: `roles.yaml has no directory role "${role}". ${hint}`,
        isKey: path[0] === "ask",
      } as Finding,
    ];
  });
}

/** The type of question that each list takes typed entries from. */
function typedFindings({ ask, grant = [], roles = [], appRoles = [], expose }: Blueprint): Finding[] {
  const lists: [Path, readonly object[], Question["type"]][] = [
    [["grant"], grant, "permissions"],
    [["roles"], roles, "many"],
    [["appRoles"], appRoles, "lines"],
    [["expose", "scopes"], expose?.scopes ?? [], "lines"],
  ];
  return lists.flatMap(([where, entries, type]) =>
    entries.flatMap((entry, at): Finding[] => {
      if (!("typed" in entry)) return [];
      const typed = String(entry.typed);
      const path = [...where, at, "typed"];
      const question = ask.find(({ key }) => key === typed);
      if (!question) {
        const meant = nearest(
          typed,
          ask.flatMap((each) => (each.type === type ? each.key : [])),
        );
        return [
          { path, reason: `there is no question "${typed}".${meant ? ` Did you mean ${meant}?` : ""}` },
        ];
      }
      if (question.type === type) return [];
      return [{ path, reason: `"${typed}" is a question of type ${question.type}; here it must be ${type}` }];
    }),
  );
}
