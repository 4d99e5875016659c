import type { Entity, Row } from "../state.ts";
import { requireRole } from "./access.ts";
import {
  type Answer,
  type Call,
  contextUrl,
  isVisible,
  type Json,
  param,
  type Route,
  target,
} from "./call.ts";
import { badRequest, notFound } from "./errors.ts";
import { entityAnswer, everyRow, listAnswer } from "./query.ts";

const userReaders = ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const memberReaders = [
  "GroupMember.Read.All",
  "Group.Read.All",
  "Group.ReadWrite.All",
  "Directory.Read.All",
  "Directory.ReadWrite.All",
];

// What Graph answers about a user without $select: whether the account is enabled is not among it.
const shownByDefault = [
  "businessPhones",
  "displayName",
  "givenName",
  "jobTitle",
  "mail",
  "mobilePhone",
  "officeLocation",
  "preferredLanguage",
  "surname",
  "userPrincipalName",
  "id",
];

function presentUser(call: Call, row: Row): Entity {
  if (call.query.has("$select") || call.query.has("$filter")) return row.value;
  return Object.fromEntries(shownByDefault.map((name) => [name, row.value[name] ?? null])) as Entity;
}

function user(call: Call): Row {
  const ref = param(call, "user");
  if (!ref.value.includes("@")) return target(call, "user", ref);
  const named = call.state.find("user", "userPrincipalName", ref.value.toLowerCase())[0];
  if (!named) throw notFound(ref.value);
  return named;
}

const presentMember = (call: Call, row: Row): Entity => ({
  "@odata.type": `#microsoft.graph.${row.kind}`,
  ...(row.kind === "user" ? presentUser(call, row) : row.value),
});

/** The groups that list this object, directly or through other groups. */
function groupsOf(call: Call, id: string, isDeep: boolean): Row[] {
  const groups = [...everyRow(call, "group")];
  const found = new Set<Row>();
  const visit = (member: string) => {
    for (const group of groups) {
      if (found.has(group) || !group.links.includes(member)) continue;
      found.add(group);
      if (isDeep) visit(group.value.id);
    }
  };
  visit(id);
  return groups.filter((group) => found.has(group));
}

function membersOf(call: Call, group: Row, isDeep: boolean): Row[] {
  const found = new Map<string, Row>();
  const visit = (parent: Row) => {
    for (const id of parent.links) {
      const row = (["user", "group", "servicePrincipal"] as const)
        .map((kind) => call.state.get(kind, id))
        .find((member) => member && isVisible(call, member));
      if (!row || found.has(id)) continue;
      found.set(id, row);
      if (isDeep && row.kind === "group") visit(row);
    }
  };
  visit(group);
  return [...found.values()].toSorted((a, b) => a.sequence - b.sequence);
}

function memberGroups(call: Call, id: string): Answer {
  const all = groupsOf(call, id, true).map(({ value }) => value.id);
  return idsAnswer(call, all);
}

function checkMemberGroups(call: Call, id: string): Answer {
  const asked = call.body?.groupIds ?? call.body?.ids;
  if (!Array.isArray(asked)) throw badRequest("A value is required for property 'groupIds'.");
  if (asked.length > 20) throw badRequest("The number of groupIds may not exceed 20.");
  const groups = new Set(groupsOf(call, id, true).map(({ value }) => value.id));
  return idsAnswer(
    call,
    asked.filter((group) => groups.has(String(group).toLowerCase())),
  );
}

const idsAnswer = (call: Call, value: unknown[]): Answer => ({
  status: 200,
  body: { "@odata.context": contextUrl(call, "Collection(Edm.String)"), value },
});

function members(name: string, isDeep: boolean): Route[] {
  const handle =
    (usersOnly: boolean) =>
    (call: Call): Answer => {
      requireRole(call, ...memberReaders);
      const rows = membersOf(call, target(call, "group", param(call, "group")), isDeep);
      return listAnswer(call, {
        context: usersOnly ? "users" : "directoryObjects",
        rows: usersOnly ? rows.filter(({ kind }) => kind === "user") : rows,
        present: (row) => (usersOnly ? presentUser(call, row) : presentMember(call, row)),
      });
    };
  return [
    { method: "GET", path: `/groups/:group/${name}/microsoft.graph.user`, handle: handle(true) },
    { method: "GET", path: `/groups/:group/${name}`, handle: handle(false) },
  ];
}

const memberOf = (name: string, isDeep: boolean): Route => ({
  method: "GET",
  path: `/users/:user/${name}`,
  handle(call) {
    requireRole(call, ...memberReaders);
    const rows = groupsOf(call, user(call).value.id, isDeep);
    return listAnswer(call, {
      context: "directoryObjects",
      rows,
      present: (row) => presentMember(call, row),
    });
  },
});

function getByIds(call: Call): Answer {
  requireRole(call, ...userReaders, "Application.Read.All");
  const ids = call.body?.ids;
  if (!Array.isArray(ids) || ids.length > 1000) throw badRequest("A value is required for property 'ids'.");
  const types = (call.body?.types as string[] | undefined) ?? [
    "user",
    "group",
    "servicePrincipal",
    "application",
  ];
  const rows = ids.flatMap((id) =>
    (["user", "group", "servicePrincipal", "application"] as const)
      .filter((kind) => types.includes(kind))
      .map((kind) => call.state.get(kind, String(id)))
      .filter((row): row is Row => row !== undefined && isVisible(call, row)),
  );
  return {
    status: 200,
    body: {
      "@odata.context": contextUrl(call, "directoryObjects"),
      value: rows.map((row) => selectedOf(call, presentMember(call, row))),
    },
  };
}

/** It is a POST, and takes $select all the same. */
function selectedOf(call: Call, entity: Entity): Json {
  const names = call.query.get("$select")?.split(",") ?? Object.keys(entity);
  return Object.fromEntries(
    Object.entries(entity).filter(([name]) => name.startsWith("@") || names.includes(name)),
  );
}

/** checkMemberGroups and its like are reads that happen to be POSTs: they need the roles of a read. */
const memberActions: Route[] = ["users/:user", "directoryObjects/:user"].flatMap((path): Route[] => [
  {
    method: "POST",
    path: `/${path}/checkMemberGroups`,
    handle(call) {
      requireRole(call, ...userReaders, ...memberReaders);
      return checkMemberGroups(call, user(call).value.id);
    },
  },
  {
    method: "POST",
    path: `/${path}/checkMemberObjects`,
    handle(call) {
      requireRole(call, ...userReaders, ...memberReaders);
      return checkMemberGroups(call, user(call).value.id);
    },
  },
  {
    method: "POST",
    path: `/${path}/getMemberGroups`,
    handle(call) {
      requireRole(call, ...userReaders, ...memberReaders);
      return memberGroups(call, user(call).value.id);
    },
  },
]);

export const peopleRoutes: Route[] = [
  {
    method: "GET",
    path: "/organization",
    handle: (call) => ({
      status: 200,
      body: {
        "@odata.context": contextUrl(call, "organization"),
        value: [call.state.item("organization") as Json],
      },
    }),
  },
  {
    method: "GET",
    path: "/users",
    handle(call) {
      requireRole(call, ...userReaders);
      return listAnswer(call, {
        context: "users",
        rows: everyRow(call, "user"),
        present: (row) => presentUser(call, row),
      });
    },
  },
  {
    method: "GET",
    path: "/users/:user",
    handle(call) {
      requireRole(call, ...userReaders);
      return entityAnswer(call, "users", presentUser(call, user(call)));
    },
  },
  {
    method: "GET",
    path: "/users/:user/manager",
    handle(call) {
      requireRole(call, ...userReaders);
      const managerId = user(call).links[0];
      if (!managerId) throw notFound("manager");
      const manager = target(call, "user", { by: "id", value: managerId });
      return entityAnswer(call, "directoryObjects", presentMember(call, manager));
    },
  },
  memberOf("memberOf", false),
  memberOf("transitiveMemberOf", true),
  ...memberActions,
  { method: "POST", path: "/directoryObjects/getByIds", handle: getByIds },
  {
    method: "GET",
    path: "/groups/:group",
    handle(call) {
      requireRole(call, ...memberReaders);
      return entityAnswer(call, "groups", target(call, "group", param(call, "group")).value);
    },
  },
  {
    method: "GET",
    path: "/groups",
    handle(call) {
      requireRole(call, ...memberReaders);
      return listAnswer(call, {
        context: "groups",
        rows: everyRow(call, "group"),
        present: (row) => row.value,
      });
    },
  },
  ...members("members", false),
  ...members("transitiveMembers", true),
];
