import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import type {
  Application,
  AppRoleAssignment,
  OAuth2PermissionGrant,
  ServicePrincipal,
  UnifiedRoleAssignment,
} from "@microsoft/microsoft-graph-types";
import { killPoints, moreKillPoints } from "../../src/local/kill-points.ts";
import { actionsOf, type ChatMessage } from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { company } from "../../src/local/tenant/company.ts";
import { drawn } from "../../src/local/tenant/drawn.ts";
import { sentOf, type Typed } from "./asking.ts";
import { aCertificate } from "./certificates.ts";
import { channel, mina, personalChat, priya, readingOf, requestIdIn, says, verbsOf } from "./journey.ts";
import { type CarrierName, longestLagSeconds, startKillable, turnMs } from "./killable.ts";

/**
 * Where the bot dies, and where the one that is started then dies again, while a registration is made or its secret
 * replaced; or how long after the approval it is killed.
 */
export type Round = ({ at: string; again?: string; isReplacing?: true } | { afterMs: number }) & {
  of?: System;
};
/** What is asked for: something with a secret, or with a certificate, a directory role and an API of its own. */
type System = "secret" | "certificate";

const nameOf = (round: Round) =>
  "afterMs" in round
    ? `${round.afterMs} ms after the approval`
    : [
        `after ${round.at}`,
        round.of && ` of a ${round.of}`,
        round.again && `, and again after ${round.again}`,
        round.isReplacing && ", while its secret is replaced",
      ]
        .filter(Boolean)
        .join("");

/** Points that a request passes one after another, so that whoever dies at one still passes each later one. */
const inTurn = [
  ...killPoints.filter((point) => !/^(?:personal-chat|delegated-permissions|credential$)/.test(point)),
  "credential",
];

function pairOf(seed: number, n: number): Round {
  const later = 1 + Math.floor(drawn(seed, `second ${n}`) * (inTurn.length - 1));
  const earlier = Math.floor(drawn(seed, `first ${n}`) * later);
  return { at: inTurn[earlier] ?? "", again: inTurn[later] ?? "" };
}

/**
 * Every point once, then pairs of points, and at last moments that nobody chose; of few rounds, points from a drawn one
 * on. Always the same for the same seed.
 */
export function roundsOf(seed: number, count: number): Round[] {
  const points: Round[] = [
    ...killPoints.map((at) => ({ at })),
    ...moreKillPoints.map((at) => ({ at, of: "certificate" as const })),
  ];
  const few = count < points.length ? Math.floor(drawn(seed, "few") * points.length) : 0;
  return Array.from({ length: count }, (_, n): Round => {
    const point = points[few ? (few + n) % points.length : n];
    if (point) return point;
    if (n >= count - 5) return { afterMs: Math.round(drawn(seed, `moment ${n}`) * 1500) };
    return pairOf(seed, n);
  });
}

const urlIn = (message: ChatMessage) =>
  actionsOf(message.card)
    .filter(({ type }) => type === "Action.OpenUrl")
    .map(({ url }) => String(url))
    .find((url) => url.includes("/s/"));

/** Who asks, approves and opens in one killable Usher, for round after round. */
async function startPlayer(carrier: CarrierName, lagSeed: number | undefined) {
  const usher = await startKillable(carrier, lagSeed);
  const { tenant, teams, tell, turn, until, persist } = usher;
  const place = personalChat(mina);
  const shared = (message: ChatMessage) => ({ ...message, card: teams.shared(message) ?? {} });
  const stands = (id: string) => teams.messages.findLast((each) => each.id === id) as ChatMessage;
  const inOwnChat = (since: number) =>
    teams.messages.slice(since).filter(({ conversationId }) => conversationId === place.id);

  const { pem } = await aCertificate();
  const systems: Readonly<Record<System, { id: string; answers: Typed }>> = {
    secret: { id: "elastic-o365", answers: { dlp: false } },
    certificate: {
      id: "custom",
      answers: {
        name: "Nightly report",
        applicationPermissions: ["User.ReadBasic.All"],
        credential: "certificate",
        certificate: pem,
        advanced: true,
        directoryRoles: ["Reports Reader"],
        ownApi: true,
        exposedScopes: ["Reports.Read"],
      },
    },
  };

  async function ask(since: number, system: System): Promise<{ id: string; card: ChatMessage }> {
    const { id, answers } = systems[system];
    const isForm = (message: ChatMessage) => verbsOf(message).some((verb) => verb.startsWith("intake/"));
    const first = await persist(
      () => teams.say(mina, place, `request ${id}`),
      () => inOwnChat(since).find(isForm),
      "the form",
    );
    const press = (verb: string, inputs: object = {}) =>
      teams.press(mina, place, stands(first.id), verb, inputs);
    if (verbsOf(stands(first.id)).includes("intake/anyway")) await press("intake/anyway");
    const shows = (verb: string) => verbsOf(stands(first.id)).includes(verb) || undefined;
    await persist(
      () => press("intake/review", sentOf(stands(first.id), answers)),
      () => shows("intake/submit"),
      "the review",
    );
    const card = await persist(
      () => press("intake/submit"),
      () => (requestIdIn(stands(first.id)) !== "" && !shows("intake/submit") ? stands(first.id) : undefined),
      "the submitted request",
    );
    return { id: requestIdIn(card), card };
  }

  async function approve(id: string): Promise<void> {
    const card = await until(
      () => teams.messages.findLast((each) => each.conversationId === channel.id && says(each, id)),
      `the approval card of ${id}`,
    );
    await persist(
      () => teams.press(priya, channel, shared(card), "approval/approve"),
      () => !verbsOf(shared(card)).includes("approval/approve") || undefined,
      "the approval",
    );
  }

  async function list<T>(address: string): Promise<T[]> {
    const response = await fetch(`${tenant.graphUrl}/v1.0${address}`);
    return ((await response.json()) as { value: T[] }).value;
  }

  /** One of everything, counted over HTTP. */
  async function countAll(id: string) {
    const all = await list<Application>("/applications?$top=999");
    const [application, ...more] = all.filter(({ tags }) => tags?.includes(`usher-request:${id}`));
    assert.ok(application && more.length === 0, `${more.length + 1} applications for ${id}`);
    const principals = await list<ServicePrincipal>(
      `/servicePrincipals?$filter=appId eq '${application.appId}'`,
    );
    assert.equal(principals.length, 1, "one service principal");
    const principal = `/servicePrincipals/${principals[0]?.id}`;
    const wanted = application.requiredResourceAccess ?? [];
    const ids = (type: string) =>
      wanted.flatMap(({ resourceAccess }) => resourceAccess?.filter((each) => each.type === type) ?? []);
    const assignments = await list<AppRoleAssignment>(`${principal}/appRoleAssignments?$top=999`);
    assert.deepEqual(
      assignments.map(({ appRoleId }) => appRoleId).toSorted(),
      ids("Role")
        .map((each) => each.id)
        .toSorted(),
      "each application permission once",
    );
    const grants = await list<OAuth2PermissionGrant>(`${principal}/oauth2PermissionGrants`);
    const scopes = grants.flatMap(({ scope }) => scope?.split(" ") ?? []);
    assert.equal(new Set(scopes).size, scopes.length, "no scope twice");
    assert.equal(scopes.length, ids("Scope").length, "every scope");
    assert.equal(
      new Set(grants.map(({ resourceId }) => resourceId)).size,
      grants.length,
      "a grant for each API",
    );
    const roles = await list<UnifiedRoleAssignment>("/roleManagement/directory/roleAssignments?$top=999");
    return {
      secrets: application.passwordCredentials?.length ?? 0,
      certificates: application.keyCredentials?.length ?? 0,
      addresses: application.identifierUris?.length ?? 0,
      roles: roles.filter(({ principalId }) => principalId === principals[0]?.id).length,
      clientId: application.appId ?? "",
    };
  }

  /** The newest link opens for the requester, and what it shows is a key that works, with the roles that were granted. */
  async function assertDelivered(since: number, clientId: string): Promise<void> {
    const links = inOwnChat(since).flatMap((message) => urlIn(shared(message)) ?? []);
    const link = links.at(-1) ?? "";
    const aheadMs = usher.aheadMs();
    // The sign-in service has a clock of its own, which is never turned: by ours, each sign-in would be too old.
    await tell({ do: "turn", ms: -aheadMs, always: true });
    const browser = createBrowser();
    const page = await browser.signIn(`${link}?sign-in`, mina.id);
    assert.equal(page.status, 200, page.body);
    const check = /name="check" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
    const revealed = await browser.open(`${link}/reveal`, { check });
    const secret =
      /<input\b[^>]*id="secret"[^>]*>/.exec(revealed.body)?.[0].match(/value="([^"]*)"/)?.[1] ?? "";
    const answer = await fetch(`${tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: secret.replaceAll("&amp;", "&"),
        scope: "https://graph.microsoft.com/.default",
      }),
    });
    assert.equal(answer.status, 200, "a token with the key that was shown");
    await tell({ do: "turn", ms: aheadMs, always: true });
  }

  /** The owner lost it, presses until that has been heard, and asks until another has come. */
  async function replace(id: string, card: ChatMessage): Promise<void> {
    const links = () => inOwnChat(0).filter((message) => urlIn(shared(message)) !== undefined).length;
    const before = links();
    const isPressed = () => !/^Ready/.test(readingOf(shared(card))) || links() > before || undefined;
    await persist(
      () => teams.press(mina, place, shared(card), "key/lost"),
      isPressed,
      "the press for a new secret",
    );
    const since = teams.messages.length;
    const row = new RegExp(`${id} · for [^·]*? its secret works until`);
    const isListed = () => inOwnChat(since).some((message) => row.test(readingOf(message))) || undefined;
    await persist(() => teams.say(mina, place, "list"), isListed, "the new secret in the list");
  }

  return {
    /** One request from asking to its secret, with the kills of the round in between. */
    async play(round: Round): Promise<void> {
      const since = teams.messages.length;
      const before = usher.deaths();
      const isReplacing = "at" in round && round.isReplacing;
      const arm = () => ("at" in round ? usher.arm(round.at, round.again) : usher.arm(""));
      if (!isReplacing) await arm();
      const system = round.of ?? "secret";
      const { id, card } = await ask(since, system);
      await approve(id);
      if ("afterMs" in round) {
        await wait(round.afterMs);
        usher.kill();
      }
      await until(
        () => /^Ready/.test(readingOf(shared(card))) || undefined,
        "the end on the requester's card",
      );
      if (isReplacing) {
        if (lagSeed !== undefined) await turn(longestLagSeconds * 1000 + turnMs, true);
        await arm();
        await replace(id, card);
      }
      const kills = "again" in round ? 2 : 1;
      await until(() => usher.deaths() >= before + kills || undefined, `${kills} kills, ${nameOf(round)}`);
      await usher.arm("");
      // What was made and not seen shows by now, and what must not stay is removed.
      if (lagSeed !== undefined) await turn(longestLagSeconds * 1000 + turnMs, true);
      const one = system === "secret" ? "secrets" : "certificates";
      await until(async () => (await countAll(id))[one] === 1 || undefined, "the one key");
      const { clientId, ...counts } = await countAll(id);
      assert.deepEqual(
        counts,
        system === "secret"
          ? { secrets: 1, certificates: 0, addresses: 0, roles: 0 }
          : { secrets: 0, certificates: 1, addresses: 1, roles: 1 },
      );
      if (system === "secret") await assertDelivered(since, clientId);
      const audit = await tell({ do: "check-audit" });
      assert.equal(audit?.isWhole, true, "the audit trail is whole");
    },
    close: () => usher.close(),
  };
}

/** Plays the rounds one after the other on one Usher; after a round that failed, on another. */
export function playRounds(
  carrier: CarrierName,
  lagSeed: number | undefined,
  rounds: readonly Round[],
): void {
  describe(`on ${carrier}, ${lagSeed === undefined ? "in a directory that agrees" : "in a directory that lags"}`, () => {
    let player: Awaited<ReturnType<typeof startPlayer>> | undefined;
    const close = async () => {
      await player?.close();
      player = undefined;
    };
    afterEach(async function () {
      if (this.currentTest?.state === "failed") await close();
    });
    after(close);
    for (const round of rounds) {
      it(`ends with one of everything, delivered, when it is killed ${nameOf(round)}`, async () => {
        player ??= await startPlayer(carrier, lagSeed);
        await player.play(round);
      });
    }
  });
}
