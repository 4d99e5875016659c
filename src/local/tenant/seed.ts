import { randomUUID } from "node:crypto";
import type { AppRoleAssignment, Group, Organization, User } from "@microsoft/microsoft-graph-types";
import { type CompanyClient, type CompanyPerson, company } from "./company.ts";
import { newApplication } from "./graph/application-entity.ts";
import { hashOfSecret } from "./graph/passwords.ts";
import { companyPrincipal, resourcePrincipal } from "./graph/principal-entity.ts";
import { graphAppId, type Resource, resources } from "./resources.ts";
import type { State } from "./state.ts";

/** Fills an empty tenant with the company; a tenant that has one is left alone. */
export function seedCompany(state: State, now: Date): void {
  if (state.item("organization")) return;
  state.transaction(() => {
    state.setItem("organization", {
      id: company.tenantId,
      displayName: company.name,
      createdDateTime: now.toISOString(),
      countryLetterCode: "NL",
      tenantType: "AAD",
      verifiedDomains: [
        {
          capabilities: "Email, OfficeCommunicationsOnline",
          isDefault: true,
          isInitial: true,
          name: company.domain,
          type: "Managed",
        },
      ],
    } satisfies Organization);
    seedPeople(state, now);
    const present = resources.filter(({ isPresent }) => isPresent);
    for (const [index, resource] of present.entries())
      state.insert("servicePrincipal", resourcePrincipal(resource, resourceId(index + 1)), [], 0);
    for (const client of Object.values(company.clients)) seedClient(state, client, now);
  });
}

const resourceId = (n: number) => `ffffffff-0000-4000-8000-00000000000${n}`;

function seedPeople(state: State, now: Date): void {
  for (const person of company.directory) insertPerson(state, person, now);
  const { approverOne, approverTwo, disabled, admin } = company.people;
  const groups = [
    {
      id: company.groups.approvers,
      displayName: "Integration approvers",
      members: [approverOne, approverTwo, disabled],
    },
    { id: company.groups.admins, displayName: "Integration admins", members: [admin] },
  ];
  for (const { id, displayName, members } of groups)
    state.insert(
      "group",
      {
        id,
        displayName,
        createdDateTime: now.toISOString(),
        deletedDateTime: null,
        description: null,
        groupTypes: [],
        isAssignableToRole: null,
        mail: null,
        mailEnabled: false,
        mailNickname: displayName.toLowerCase().replaceAll(" ", "-"),
        securityEnabled: true,
        visibility: null,
      } satisfies Group,
      members,
      0,
    );
}

function insertPerson(state: State, person: CompanyPerson, now: Date): void {
  const [givenName, surname] = person.name.split(" ");
  const userPrincipalName = `${person.alias}@${company.domain}`.toLowerCase();
  state.insert(
    "user",
    {
      id: person.id,
      displayName: person.name,
      givenName: givenName ?? null,
      surname: surname ?? null,
      jobTitle: person.jobTitle,
      mail: person.isGuest ? "lena@partner.example" : userPrincipalName,
      userPrincipalName,
      userType: person.isGuest ? "Guest" : "Member",
      accountEnabled: person.isEnabled,
      createdDateTime: now.toISOString(),
      deletedDateTime: null,
      department: null,
      officeLocation: null,
      mobilePhone: null,
      businessPhones: [],
      preferredLanguage: null,
      companyName: person.isGuest ? "Partner" : company.name,
    } satisfies User,
    person.managerId ? [person.managerId] : [],
    0,
  );
}

function seedClient(state: State, client: CompanyClient, now: Date): void {
  const ids = { id: client.applicationObjectId, appId: client.clientId };
  const { redirectUris = [] } = client;
  const application = newApplication({ displayName: client.name, web: { redirectUris } }, ids, now);
  state.insert("application", application, [], 0);
  state.insert("servicePrincipal", companyPrincipal(application, client.servicePrincipalId), [], 0);
  const farAway = new Date("2099-12-31T00:00:00Z").getTime();
  state.addSecret({
    keyId: client.applicationObjectId,
    appId: client.clientId,
    hash: hashOfSecret(client.secret),
    usableFrom: 0,
    expiresAt: farAway,
  });
  setGraphRoles(state, client.servicePrincipalId, client.roles, now);
}

/** More members of staff, who report to nobody; answers their ids. */
export function seedColleagues(state: State, count: number, now: Date): string[] {
  return Array.from({ length: count }, (_, n) => {
    const id = randomUUID();
    const jobTitle = "Field engineer";
    const named = { name: `Colleague ${n + 1}`, alias: id, jobTitle };
    insertPerson(state, { id, ...named, isEnabled: true, isGuest: false }, now);
    return id;
  });
}

/** Service principals of applications that live in other tenants, as many as a large tenant has of them. */
export function seedStrangers(state: State, count: number): void {
  for (let n = 1; n <= count; n++) {
    const application = { id: "", appId: randomUUID(), displayName: `Another publisher's app ${n}` };
    const principal = companyPrincipal(application, randomUUID());
    state.insert("servicePrincipal", { ...principal, appOwnerOrganizationId: randomUUID() }, [], 0);
  }
}

/** Gives a principal exactly these application permissions on Microsoft Graph; throws on a name that there is not. */
export function setGraphRoles(state: State, principalId: string, names: readonly string[], now: Date): void {
  const graph = state.find("servicePrincipal", "appId", graphAppId)[0]?.value;
  const principal = state.get("servicePrincipal", principalId)?.value;
  const published = (resources.find(({ appId }) => appId === graphAppId) as Resource).roles;
  for (const row of state.find("appRoleAssignment", "principalId", principalId))
    if (row.value.resourceId === graph?.id) state.remove(row);
  for (const name of names) {
    const role = published.find(({ value }) => value === name);
    if (!role) throw new Error(`Microsoft Graph has no application permission ${name} here.`);
    state.insert(
      "appRoleAssignment",
      {
        id: Buffer.from(`${principalId}${role.id}`.replaceAll("-", ""), "hex").toString("base64url"),
        deletedDateTime: null,
        appRoleId: role.id,
        createdDateTime: now.toISOString(),
        principalDisplayName: String(principal?.displayName),
        principalId,
        principalType: "ServicePrincipal",
        resourceDisplayName: String(graph?.displayName),
        resourceId: String(graph?.id),
      } satisfies AppRoleAssignment,
      [],
      0,
    );
  }
}
