import assert from "node:assert/strict";
import { type Drift, driftKey } from "../../src/domain/drift.ts";
import { driftOf } from "../../src/domain/drift-of.ts";
import type { ClientId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { company } from "../../src/local/tenant/company.ts";
import { type BehindUsher, behindUsher } from "../support/behind-usher.ts";
import { aPermission } from "../support/builders.ts";
import { aCertificate, failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

import { aMadeOne, type Made, undoAll } from "./made-one.ts";

const permissions = [
  aPermission(),
  aPermission({ name: "User.ReadBasic.All", kind: "application" }),
  aPermission({ name: "Mail.Read" }),
];

const { people } = company;

describe("a look at a registration in Entra", () => {
  let edge: GraphEdge;
  let admin: BehindUsher;
  beforeEach(async () => {
    edge = await startGraphEdge();
    admin = await behindUsher(edge.urls);
  });
  afterEach(() => edge.close());

  const made = (given: Partial<Plan> = {}) =>
    aMadeOne(edge, { permissions, redirects: [{ platform: "web", uri: "https://pay.example" }], ...given });
  const look = async ({ registration, expected }: Made) =>
    driftOf(expected, await edge.inspector.inspect(registration));
  const undo = (of: Made, drifts: readonly Drift[]) => undoAll(edge, of, drifts);
  const keysIn = async (of: Made) => (await look(of)).map(driftKey);

  it("sees nothing but what Usher made, for every kind of credential", async () => {
    const certificate = await aCertificate();
    const federated = {
      kind: "federated",
      name: "deploy",
      issuer: "https://token.example",
      subject: "repo:a/b",
      audience: "api://AzureADTokenExchange",
    } as const;
    for (const credential of [undefined, certificate, federated, { kind: "none" } as const])
      assert.deepEqual(await look(await made(credential && { credential })), []);
  });

  it("asks once with each identity, when the APIs are known", async () => {
    const of = await made();
    await look(of);
    await edge.asked();
    await look(of);
    const asked = (await edge.asked()).filter((each) => each.startsWith("POST"));
    assert.deepEqual(asked, ["POST /v1.0/$batch", "POST /v1.0/$batch"]);
  });

  it("reads consents with the only identity that there is, and goes on without a right to", async () => {
    const of = await made();
    const alone = await startGraphEdge({ hasConsent: false });
    try {
      const { id, clientId, since } = await alone.made();
      const servicePrincipalId = await alone.registrar.ensureServicePrincipal(clientId as ClientId, since);
      const found = await alone.inspector.inspect({
        ...of.registration,
        clientId: clientId as ClientId,
        applicationObjectId: id,
        servicePrincipalId,
      });
      assert.equal(found.state, "there");
      assert.equal("consents" in found, false);
    } finally {
      await alone.close();
    }
  });

  type Change = { what: string; act: (of: Made) => Promise<unknown>; drift: string };
  const mailbox = "Mail.ReadWrite";
  const changes: Change[] = [
    {
      what: "a consent for the app itself",
      act: (of) => admin.grantRole(of.principal, mailbox),
      drift: `consent added application/${mailbox}`,
    },
    {
      what: "a consent for signed-in people",
      act: (of) => admin.setScopes(of.principal, ["User.Read", "Mail.Read", "Files.Read.All"]),
      drift: "consent added delegated/Files.Read.All",
    },
    {
      what: "a permission that it asks for",
      act: (of) => admin.change(of.app, { requiredResourceAccess: [] }),
      drift: "declared removed delegated/User.Read",
    },
    {
      what: "an address for sign-in",
      act: (of) => admin.change(of.app, { spa: { redirectUris: ["https://evil.example"] } }),
      drift: "redirect added spa https://evil.example",
    },
    {
      what: "an address that is gone",
      act: (of) => admin.change(of.app, { web: { redirectUris: [] } }),
      drift: "redirect removed web https://pay.example",
    },
    {
      what: "an owner",
      act: (of) => admin.addOwner(of.app, people.secondRequester),
      drift: `owner added ${people.secondRequester}`,
    },
    { what: "a secret", act: (of) => admin.addSecret(of.app), drift: "secret added" },
    {
      what: "a federated credential",
      act: (of) =>
        admin.send("POST", `/applications/${of.app}/federatedIdentityCredentials`, {
          name: "mine",
          issuer: "https://token.example",
          subject: "repo:evil",
          audiences: ["api://AzureADTokenExchange"],
        }),
      drift: "federated added",
    },
    {
      what: "an audience",
      act: (of) => admin.change(of.app, { signInAudience: "AzureADMultipleOrgs" }),
      drift: "audience AzureADMultipleOrgs",
    },
    {
      what: "a disabled service principal",
      act: (of) => admin.setEnabled(of.principal, false),
      drift: "sign-in disabled",
    },
  ];
  for (const { what, act, drift } of changes)
    it(`sees ${what} that somebody changed, and undoes it, twice if need be`, async () => {
      const of = await made();
      await act(of);
      const drifts = await look(of);
      const [kind, ...rest] = drift.split(" ");
      const seen = drifts.find(
        (each) => driftKey(each).startsWith(String(kind)) && driftKey(each).includes(rest.at(-1) ?? ""),
      );
      assert.ok(seen, drifts.map(driftKey).join("; "));
      for (const _time of [1, 2]) assert.deepEqual(await undo(of, drifts), ["undone"]);
      assert.deepEqual(await look(of), []);
    });

  it("sees a certificate beside the planned one, and removes it alone", async () => {
    const certificate = await aCertificate();
    const of = await made({ credential: certificate });
    const other = await aCertificate();
    const { keyCredentials } = await admin.send("GET", `/applications/${of.app}?$select=keyCredentials`);
    const mine = { type: "AsymmetricX509Cert", usage: "Verify", key: other.der, displayName: "mine" };
    await admin.change(of.app, { keyCredentials: [...(keyCredentials as object[]), mine] });
    const drifts = await look(of);
    assert.deepEqual(
      drifts.map(({ what }) => what),
      ["certificate"],
    );
    for (const _time of [1, 2]) assert.deepEqual(await undo(of, drifts), ["undone"]);
    assert.deepEqual(await look(of), []);
    const { keyCredentials: left } = await admin.send("GET", `/applications/${of.app}`);
    assert.equal((left as unknown[]).length, 1);
  });

  it("sees a secret and a certificate on its service principal, and removes them there", async () => {
    const of = await made();
    await admin.addSecret(of.principal, "servicePrincipals");
    const { der } = await aCertificate();
    await admin.send("PATCH", `/servicePrincipals/${of.principal}`, {
      keyCredentials: [{ type: "AsymmetricX509Cert", usage: "Verify", key: der }],
    });
    const drifts = await look(of);
    assert.deepEqual(
      drifts.map((drift) => [drift.what, "onPrincipal" in drift && drift.onPrincipal]),
      [
        ["secret", true],
        ["certificate", true],
      ],
    );
    for (const _time of [1, 2]) assert.deepEqual(await undo(of, drifts), ["undone"]);
    assert.deepEqual(await look(of), []);
  });

  it("sees what is missing of a consent", async () => {
    const of = await made();
    await admin.takeRole(of.principal, "User.ReadBasic.All");
    await admin.setScopes(of.principal, ["User.Read"]);
    const missing = (await look(of)).flatMap((drift) =>
      drift.what === "consent" ? [`${drift.change} ${drift.permission.name}`] : [],
    );
    assert.deepEqual(missing, ["removed User.ReadBasic.All", "removed Mail.Read"]);
  });

  it("leaves an owner who is gone to an administrator, since Usher has no right to add one", async () => {
    const of = await made();
    const gone: Drift = { what: "owner", change: "removed", id: people.requester, name: "Mina" };
    assert.equal(await edge.inspector.undo(of.registration, [gone], of.expected), "left");
  });

  it("asks a part that is throttled again alone, after the time that Graph wants", async () => {
    const of = await made();
    await edge.asked();
    await edge.fault("GET", "/applications/.*/owners", { kind: "429", retryAfter: 1 });
    assert.deepEqual(await look(of), []);
    const asked = await edge.asked("GET");
    assert.equal(asked.filter((each) => /applications.*\/owners/.test(each)).length, 2);
    assert.equal(asked.filter((each) => each.includes("federatedIdentityCredentials")).length, 1);
  });

  it("comes back later when Graph wants to be left alone for long, or does not answer", async () => {
    const { registration } = await made();
    await edge.fault("GET", "/applications/.*/owners", { kind: "429", retryAfter: 120 });
    const throttled = await failureOf(edge.inspector.inspect(registration));
    assert.deepEqual([throttled.kind, throttled.retryAfterMs], ["retry", 120_000]);
    await edge.fault("POST", "batch", { kind: "503", times: 2 });
    assert.equal((await failureOf(edge.inspector.inspect(registration))).kind, "retry");
  });

  it("tells what was deleted and can be restored from what is gone for good", async () => {
    const of = await made();
    await admin.send("DELETE", `/applications/${of.app}`);
    const found = await edge.inspector.inspect(of.registration);
    assert.ok(found.state === "gone" && found.deletedAt);
    assert.equal(found.what, "application");
    assert.deepEqual(await keysIn(of), ["deleted application"]);
    await admin.send("DELETE", `/directory/deletedItems/${of.app}`);
    assert.deepEqual(await edge.inspector.inspect(of.registration), { state: "gone", what: "application" });
  });

  it("tells that only the service principal was deleted", async () => {
    const of = await made();
    await admin.send("DELETE", `/servicePrincipals/${of.principal}`);
    assert.deepEqual(await keysIn(of), ["deleted principal"]);
  });

  it("takes nothing for gone that was just made", async () => {
    const { registration } = await made();
    await edge.fault("GET", "/applications/", {
      kind: "status",
      status: 404,
      code: "Request_ResourceNotFound",
    });
    const young = { ...registration, createdAt: edge.clock.now() };
    const failure = await failureOf(edge.inspector.inspect(young));
    assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
  });
});
