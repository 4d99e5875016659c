import { company } from "./company.ts";
import { noteSignIn } from "./graph/sign-ins.ts";
import { seedColleagues, seedStrangers, setGraphRoles } from "./seed.ts";
import { changeSettings, settingsOf } from "./settings.ts";
import type { Row } from "./state.ts";
import type { Tenant } from "./tenant.ts";

type Json = Record<string, unknown>;
type Asked = { tenant: Tenant; ids: string[]; body: Json };
type Control = { method: string; path: RegExp; says: string; run: (asked: Asked) => unknown };

class ControlError extends Error {}

const controls: Control[] = [
  {
    method: "GET",
    path: /^\/_sim\/?$/,
    says: "GET /_sim: this list, the company's ids, the settings",
    run: ({ tenant }) => ({
      controls: controlList,
      settings: settingsOf(tenant.state),
      now: tenant.clock.now(),
      tenantId: company.tenantId,
      people: company.people,
      groups: company.groups,
      clients: Object.fromEntries(
        Object.entries(company.clients).map(([name, { clientId }]) => [name, clientId]),
      ),
    }),
  },
  {
    method: "GET",
    path: /^\/_sim\/requests$/,
    says: "GET /_sim/requests: what was asked since the start or the last clear, without bodies",
    run: ({ tenant }) => ({ requests: tenant.log.all() }),
  },
  {
    method: "POST",
    path: /^\/_sim\/requests\/clear$/,
    says: "POST /_sim/requests/clear",
    run: ({ tenant }) => tenant.log.clear(),
  },
  {
    method: "PUT",
    path: /^\/_sim\/settings$/,
    says: "PUT /_sim/settings {latencyMs, replicationSeconds, changeSeconds, secretDelaySeconds, roleDelaySeconds, directoryQuota, writeQuota {limit, seconds}, secretsBlocked, secretMaxDays, certificateMaxDays, hasPremium, ownedByMayBindOwners, writeConflicts}: what is named changes. replicationSeconds (a new object is not seen) and changeSeconds (what was before a change or removal is still seen) are numbers, or {upTo, seed}: each then takes its own time, which the seed draws for the n-th of them",
    run: ({ tenant, body }) => changeSettings(tenant.state, body),
  },
  {
    method: "GET",
    path: /^\/_sim\/faults$/,
    says: "GET /_sim/faults: those that have not struck yet",
    run: ({ tenant }) => ({ faults: tenant.faults.all() }),
  },
  {
    method: "POST",
    path: /^\/_sim\/faults$/,
    says: 'POST /_sim/faults {method?, path (regex), times = 1, kind: "status"|"409"|"429"|"503"|"504-done"|"504-not-done"|"late-done"|"reset-before"|"reset-after"|"hang", status?, code?, message?, retryAfter?, afterSeconds? (of late-done, in the time of the directory)}',
    run: ({ tenant, body }) => tenant.faults.add(body),
  },
  {
    method: "DELETE",
    path: /^\/_sim\/faults$/,
    says: "DELETE /_sim/faults",
    run: ({ tenant }) => tenant.faults.clear(),
  },
  {
    method: "GET",
    path: /^\/_sim\/storm$/,
    says: "GET /_sim/storm: the storm, how many requests it has seen, and what struck how often",
    run: ({ tenant }) => tenant.storms.now(),
  },
  {
    method: "PUT",
    path: /^\/_sim\/storm$/,
    says: "PUT /_sim/storm {seed, share = 0.05, kinds = all but hang, signIn = false}: each request to Graph, and each part of a batch, is struck by each kind of fault with that chance; what a test ordered goes first. The n-th request since then always meets the same: requests one after the other are struck alike each time, those at the same time by the order in which they come",
    run: ({ tenant, body }) => tenant.storms.begin(body),
  },
  {
    method: "DELETE",
    path: /^\/_sim\/storm$/,
    says: "DELETE /_sim/storm",
    run: ({ tenant }) => tenant.storms.end(),
  },
  {
    method: "POST",
    path: /^\/_sim\/clock$/,
    says: "POST /_sim/clock {advanceSeconds}: the directory's time, not that of tokens",
    run: ({ tenant, body }) => {
      if (typeof body.advanceSeconds !== "number") throw new ControlError("advanceSeconds is a number.");
      return { now: tenant.clock.advance(body.advanceSeconds) };
    },
  },
  {
    method: "PUT",
    path: /^\/_sim\/users\/([^/]+)$/,
    says: "PUT /_sim/users/{id} {accountEnabled?, displayName?, userType?, managerId? (null: none), groups? (ids: exactly these)}",
    run: changeUser,
  },
  {
    method: "POST",
    path: /^\/_sim\/users$/,
    says: "POST /_sim/users {count}: so many more members of staff; answers their ids",
    run: ({ tenant, body }) => ({ ids: seedColleagues(tenant.state, countIn(body), tenant.clock.now()) }),
  },
  {
    method: "DELETE",
    path: /^\/_sim\/users\/([^/]+)$/,
    says: "DELETE /_sim/users/{id}: the account is gone, from its groups and as anybody's manager too",
    run: ({ tenant, ids }) => removeUser(tenant, existing(tenant, "user", ids[0])),
  },
  {
    method: "PUT",
    path: /^\/_sim\/groups\/([^/]+)\/members$/,
    says: "PUT /_sim/groups/{id}/members {members: ids}: exactly these, of people or groups",
    run: ({ tenant, ids, body }) => {
      const group = existing(tenant, "group", ids[0]);
      tenant.state.save({ ...group, links: idList(body.members, "members") });
    },
  },
  {
    method: "DELETE",
    path: /^\/_sim\/groups\/([^/]+)\/members\/([^/]+)$/,
    says: "DELETE /_sim/groups/{id}/members/{member id}",
    run: ({ tenant, ids }) => {
      const group = existing(tenant, "group", ids[0]);
      tenant.state.save({ ...group, links: group.links.filter((link) => link !== ids[1]?.toLowerCase()) });
    },
  },
  {
    method: "PUT",
    path: /^\/_sim\/identities\/([^/]+)$/,
    says: "PUT /_sim/identities/{client id} {roles: names}: exactly these application permissions on Microsoft Graph",
    run: ({ tenant, ids, body }) => {
      const principal = tenant.state.find("servicePrincipal", "appId", String(ids[0]))[0];
      if (!principal) throw new ControlError(`There is no service principal of ${ids[0]}.`);
      if (!Array.isArray(body.roles)) throw new ControlError("roles is a list of names.");
      setGraphRoles(tenant.state, principal.value.id, body.roles.map(String), tenant.clock.now());
    },
  },
  {
    method: "POST",
    path: /^\/_sim\/sign-ins$/,
    says: "POST /_sim/sign-ins {appId, keyId, createdDateTime?, errorCode = 0}: one more in the log of sign-ins, which also has those that happen",
    run: ({ tenant, body: { appId, keyId, createdDateTime, errorCode } }) => {
      const at = createdDateTime === undefined ? tenant.clock.now() : new Date(String(createdDateTime));
      noteSignIn(tenant.state, {
        appId: String(appId),
        keyId: String(keyId),
        at,
        ...(typeof errorCode === "number" && { errorCode }),
      });
    },
  },
  {
    method: "POST",
    path: /^\/_sim\/service-principals$/,
    says: "POST /_sim/service-principals {count}: so many more, of applications of other tenants, as a large tenant has them",
    run: ({ tenant, body }) => seedStrangers(tenant.state, countIn(body)),
  },
  {
    method: "PUT",
    path: /^\/_sim\/apis\/([^/]+)\/permissions\/([^/]+)$/,
    says: "PUT /_sim/apis/{appId}/permissions/{name} {isEnabled}: the permissions of that name, application and delegated, that the API publishes",
    run: switchPermission,
  },
];

function switchPermission({ tenant, ids: [appId = "", name = ""], body: { isEnabled } }: Asked): void {
  const api = tenant.state.find("servicePrincipal", "appId", appId.toLowerCase())[0];
  if (!api) throw new ControlError(`There is no service principal of ${appId}.`);
  if (typeof isEnabled !== "boolean") throw new ControlError("isEnabled is true or false.");
  let isPublished = false;
  const switched = (permissions: unknown) =>
    (permissions as Json[]).map((permission) => {
      if (permission.value !== name) return permission;
      isPublished = true;
      return { ...permission, isEnabled };
    });
  const { appRoles, oauth2PermissionScopes } = api.value;
  const published = {
    appRoles: switched(appRoles),
    oauth2PermissionScopes: switched(oauth2PermissionScopes),
  };
  if (!isPublished) throw new ControlError(`${appId} publishes no permission ${name}.`);
  tenant.state.save({ ...api, value: { ...api.value, ...published } });
}

function changeUser({ tenant, ids, body }: Asked): void {
  const { state } = tenant;
  const user = existing(tenant, "user", ids[0]);
  const { groups, managerId, ...changes } = body;
  for (const [name, value] of Object.entries(changes))
    if (typeof value !== typeof user.value[name])
      throw new ControlError(`${name} cannot be changed to that.`);
  const links =
    managerId === undefined ? user.links : managerId === null ? [] : [String(managerId).toLowerCase()];
  state.save({ ...user, value: { ...user.value, ...changes }, links });
  if (groups === undefined) return;
  const wanted = idList(groups, "groups");
  for (const group of state.list("group", 0, 999)) {
    const others = group.links.filter((link) => link !== user.value.id);
    state.save({ ...group, links: wanted.includes(group.value.id) ? [...others, user.value.id] : others });
  }
}

function removeUser({ state }: Tenant, user: Row): void {
  for (const kind of ["group", "user"] as const)
    for (const other of state.list(kind, 0, 999))
      if (other.links.includes(user.value.id))
        state.save({ ...other, links: other.links.filter((link) => link !== user.value.id) });
  state.remove(user);
}

function existing(tenant: Tenant, kind: "user" | "group", id = ""): Row {
  const row = tenant.state.get(kind, id.toLowerCase());
  if (!row) throw new ControlError(`There is no ${kind} ${id}.`);
  return row;
}

function countIn({ count }: Json): number {
  if (typeof count !== "number" || !Number.isInteger(count) || count < 0)
    throw new ControlError("count is a whole number.");
  return count;
}

function idList(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw new ControlError(`${name} is a list of ids.`);
  return value.map((id) => String(id).toLowerCase());
}

/** What can be ordered, in words. */
export const controlList = controls.map(({ says }) => says);

/** Answers what is under `/_sim`: how tests look into the tenant and change its behaviour. */
export function runControl(tenant: Tenant, method: string, path: string, body: string) {
  const control = controls.find((one) => one.method === method && one.path.test(path));
  if (!control) return { status: 404, body: { error: "There is no such control. GET /_sim lists them." } };
  try {
    const ids = control.path.exec(path)?.slice(1).map(decodeURIComponent) ?? [];
    const parsed = body === "" ? {} : (JSON.parse(body) as Json);
    const answer = tenant.state.transaction(() => control.run({ tenant, ids, body: parsed }));
    return { status: 200, body: answer ?? {} };
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}
