import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import type {
  Application,
  AppRoleAssignment,
  OAuth2PermissionGrant,
  ServicePrincipal,
} from "@microsoft/microsoft-graph-types";
import type { ConversationId } from "../../src/domain/ids.ts";
import { hashOfToken, openSecret, sealBinding } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { company } from "../../src/local/tenant/company.ts";
import { type ApprovedInRows as Asked, approvedInRows } from "../support/approved-in-rows.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { keepLeases, mayTurn } from "../support/turned-clock.ts";
import { faultsSeed, isShort } from "./seed.ts";

const count = Number(process.env.STORM_REQUESTS || (isShort ? 10 : 200));
/** A virtual minute each: what cron does then is done then. */
const turnMs = 60_000;
/** So long, at most, is the next minute put off by what is still to be done in this one. */
const slowestTurnMs = 1_500;
const lagSeconds = (isShort ? 5 : 20) * 60;
const changeLagSeconds = (isShort ? 2 : 5) * 60;

const roles = ["User.ReadBasic.All", "Team.ReadBasic.All"];

describe(`a storm over three processes on one PostgreSQL (FAULTS_SEED=${faultsSeed})`, function () {
  this.timeout(30 * 60_000);
  let fleet: Fleet;
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  before(async () => {
    fleet = await startFleet(3);
  });
  after(() => fleet.close());

  /** Time passes for the tenant, for the bots, and for whoever holds a lease. */
  async function turn(ms: number): Promise<void> {
    await keepLeases(fleet.db, now(), ms);
    aheadMs += ms;
    fleet.turnClock(ms);
    await fleet.sim("POST", "/clock", { advanceSeconds: ms / 1000 });
    fleet.sweep(1);
  }

  /** A minute after the other, each as soon as what is due in it is done. */
  async function letTimePass(isOver: () => Promise<boolean>, mostMs: number, what: string): Promise<void> {
    let turnedAt = Date.now();
    for (const deadline = Date.now() + mostMs; !(await isOver()); await wait(50)) {
      if (Date.now() > deadline)
        throw new Error(`waited in vain for ${what}; the bots said:\n${fleet.words()}`);
      const isTime = Date.now() - turnedAt > slowestTurnMs || (await fleet.isQuiet());
      if (!isTime || !(await mayTurn(fleet.db))) continue;
      await turn(turnMs);
      turnedAt = Date.now();
    }
  }

  const approved = (n: number) => approvedInRows(fleet, n, { at: now(), roles });

  const beingMade = () =>
    fleet.db.selectFrom("requests").select("id").where("state", "=", "approved").limit(1).execute();

  async function list<T>(address: string): Promise<T[]> {
    const response = await fetch(`${fleet.graphUrl}/v1.0${address}`);
    return ((await response.json()) as { value: T[] }).value;
  }

  /** The one-time link that came into the requester's own chat and still stands there. */
  function linksIn(chat: ConversationId): string[] {
    return fleet.teams.messages
      .filter(({ conversationId }) => conversationId === chat)
      .flatMap(({ card }) => /\/s\/([\w-]{43})"/.exec(JSON.stringify(card ?? {}))?.[1] ?? []);
  }

  /** A token with the key behind the link, as its only opener would read it; answers the roles in it. */
  async function rolesBehind(token: string, { id, userId }: Asked, clientId: string): Promise<string[]> {
    const sealed = await fleet.tables.links.claim(hashOfToken(new SecretText(token)), now());
    assert.ok(sealed, `the link of ${id} opens`);
    const secret = openSecret(sealed, new SecretText(token), fleet.keys, sealBinding(id, userId));
    const answer = await fetch(`${fleet.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: secret?.reveal() ?? "",
        scope: "https://graph.microsoft.com/.default",
      }),
    });
    const { access_token = "" } = (await answer.json()) as { access_token?: string };
    const claims = Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString("utf8");
    return (JSON.parse(claims || "{}") as { roles?: string[] }).roles ?? [];
  }

  /** What the tenant holds for a request that was provisioned: one of everything, and a key that works. */
  async function assertRight(asked: Asked, application: Application, principal: ServicePrincipal) {
    const { id, chat } = asked;
    const registration = await fleet.tables.registrations.get(id);
    assert.equal(registration?.clientId, application.appId, id);
    assert.equal(registration?.servicePrincipalId, principal.id, id);
    const path = `/servicePrincipals/${principal.id}`;
    const assignments = await list<AppRoleAssignment>(`${path}/appRoleAssignments`);
    assert.equal(assignments.length, roles.length, `application permissions of ${id}`);
    assert.equal(new Set(assignments.map(({ appRoleId }) => appRoleId)).size, roles.length, id);
    const grants = await list<OAuth2PermissionGrant>(`${path}/oauth2PermissionGrants`);
    assert.deepEqual(
      grants.map(({ scope, consentType }) => `${scope} ${consentType}`),
      ["User.Read AllPrincipals"],
      `delegated consent of ${id}`,
    );
    const [key, ...others] = (await fleet.tables.keys.of(id)).filter(({ state }) => state !== "removed");
    assert.ok(key?.keyId && others.length === 0, `one key in the rows of ${id}`);
    assert.deepEqual(
      application.passwordCredentials?.map(({ keyId }) => keyId),
      [key.keyId],
      `keys of ${id}`,
    );
    const [link, ...more] = linksIn(chat);
    assert.ok(link && more.length === 0, `${more.length + 1} links stand in the chat of ${id}`);
    assert.deepEqual((await rolesBehind(link, asked, application.appId ?? "")).toSorted(), roles.toSorted());
  }

  it(`ends for ${count} requests at once in right registrations or stated reasons, without an orphan`, async () => {
    const replicationSeconds = { upTo: lagSeconds, seed: faultsSeed };
    const changeSeconds = { upTo: changeLagSeconds, seed: faultsSeed };
    await fleet.sim("PUT", "/settings", {
      replicationSeconds,
      changeSeconds,
      secretDelaySeconds: 4,
      writeConflicts: true,
    });
    await fleet.sim("PUT", "/storm", { seed: faultsSeed, share: 0.05 });
    const all: Asked[] = [];
    for (let n = 0; n < count; n++) all.push(await approved(n));
    const began = Date.now();
    fleet.sweep();
    await letTimePass(async () => (await beingMade()).length === 0, 20 * 60_000, "the end of every request");
    const tookMs = Date.now() - began;
    const { requests, struck } = await fleet.sim("GET", "/storm");
    await fleet.sim("DELETE", "/storm");
    // What was made late is seen by then, and what nobody knew to be there is looked for no longer.
    const endsAt = now().getTime() + 60 * 60_000;
    await letTimePass(async () => now().getTime() > endsAt && (await fleet.isQuiet()), 5 * 60_000, "peace");

    const made = (await list<Application>("/applications?$top=999")).filter(({ tags }) =>
      tags?.includes("Usher"),
    );
    const principals = await list<ServicePrincipal>("/servicePrincipals?$top=999");
    const appIds = new Set(made.map(({ appId }) => appId));
    for (const { tags, appId } of principals)
      if (tags?.includes("Usher")) assert.ok(appIds.has(appId), `a service principal of nothing: ${appId}`);
    const byRequest = new Map<string, Application[]>();
    for (const application of made) {
      const tag = application.tags?.find((each) => each.startsWith("usher-request:")) ?? "";
      const id = tag.slice("usher-request:".length);
      byRequest.set(id, [...(byRequest.get(id) ?? []), application]);
    }
    const known = new Set<string>(all.map(({ id }) => id));
    assert.deepEqual(
      [...byRequest.keys()].filter((id) => !known.has(id)),
      [],
      "applications of no request",
    );
    const reasons: string[] = [];
    for (const asked of all) {
      const request = await fleet.tables.requests.get(asked.id);
      const [application, ...twice] = byRequest.get(asked.id) ?? [];
      assert.equal(twice.length, 0, `${asked.id} was made twice`);
      if (request?.state === "failed") {
        assert.match(request.failure, /\w{3}.*\. /, asked.id);
        reasons.push(request.failure);
        assert.deepEqual(application?.passwordCredentials ?? [], [], `no key is left of ${asked.id}`);
        assert.deepEqual(linksIn(asked.chat), []);
        continue;
      }
      assert.equal(request?.state, "provisioned", asked.id);
      const own = principals.filter(({ appId }) => appId === application?.appId);
      assert.ok(
        application && own[0] && own.length === 1,
        `application and service principal of ${asked.id}`,
      );
      await assertRight(asked, application, own[0]);
    }
    process.stdout.write(
      `      ${all.length - reasons.length} of ${all.length} registrations are right, after ${Math.round(tookMs / 1000)} s and ${Math.round(
        aheadMs / 60_000,
      )} virtual minutes; ${requests} requests to Graph, struck: ${JSON.stringify(struck)}\n`,
    );
    for (const reason of new Set(reasons)) process.stdout.write(`      ended for good: ${reason}\n`);
    assert.ok(reasons.length <= count / 20, "most go through");
  });
});
