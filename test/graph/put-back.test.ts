import assert from "node:assert/strict";
import type { Drift } from "../../src/domain/drift.ts";
import { driftOf } from "../../src/domain/drift-of.ts";
import type { ApplicationObjectId, ServicePrincipalId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import { behindUsher } from "../support/behind-usher.ts";
import { aPermission } from "../support/builders.ts";
import { aCertificate, failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";
import { aMadeOne, undoAll } from "./made-one.ts";

const { people, clients } = company;
const highest = "62e90394-69f5-4237-9190-012177145e10";
const withRoles = { rights: { consent: ["RoleManagement.ReadWrite.Directory"] } };

describe("putting back what was changed in Entra", () => {
  let edge: GraphEdge;
  afterEach(() => edge.close());

  it("writes a grant once, as it should be, whatever was added to it and taken from it", async () => {
    edge = await startGraphEdge();
    const permissions = [aPermission(), aPermission({ name: "Mail.Read" })];
    const of = await aMadeOne(edge, { permissions });
    const admin = await behindUsher(edge.urls);
    await admin.setScopes(of.principal, ["openid", "User.Read", "Files.Read.All", "Sites.Read.All"]);
    const drifts = driftOf(of.expected, await edge.inspector.inspect(of.registration));
    assert.equal(drifts.length, 3);
    await edge.asked();
    await undoAll(edge, of, drifts);
    const writes = (await edge.asked()).filter((each) => !each.startsWith("GET"));
    assert.equal(writes.filter((each) => each.includes("oauth2PermissionGrants")).length, 1, writes.join());
    const { value } = await edge.graph(`/servicePrincipals/${of.principal}/oauth2PermissionGrants`);
    assert.deepEqual(
      value.map((grant) => String(grant.scope).split(" ").toSorted()),
      [["Mail.Read", "User.Read", "openid"]],
    );
  });

  it("brings nothing back that it has just taken away, though Entra goes on showing it", async () => {
    edge = await startGraphEdge();
    const certificate = await aCertificate();
    const of = await aMadeOne(edge, { permissions: [aPermission()], credential: certificate });
    const admin = await behindUsher(edge.urls);
    await admin.setScopes(of.principal, ["User.Read", "Files.Read.All", "Sites.Read.All"]);
    const { keyCredentials } = await admin.send("GET", `/applications/${of.app}?$select=keyCredentials`);
    const others = await Promise.all([aCertificate(), aCertificate()]);
    const added = others.map(({ der: key }) => ({ type: "AsymmetricX509Cert", usage: "Verify", key }));
    await admin.change(of.app, { keyCredentials: [...(keyCredentials as object[]), ...added] });
    const drifts = driftOf(of.expected, await edge.inspector.inspect(of.registration));
    assert.equal(drifts.length, 4);
    await edge.sim("PUT", "/settings", { changeSeconds: 600 });
    assert.deepEqual(await undoAll(edge, of, drifts), ["undone"]);
    await edge.sim("PUT", "/settings", { changeSeconds: 0 });
    await edge.sim("POST", "/clock", { advanceSeconds: 601 });
    assert.deepEqual(driftOf(of.expected, await edge.inspector.inspect(of.registration)), []);
  });

  it("writes all addresses once", async () => {
    edge = await startGraphEdge();
    const of = await aMadeOne(edge, { redirects: [{ platform: "web", uri: "https://pay.example" }] });
    const admin = await behindUsher(edge.urls);
    await admin.change(of.app, {
      web: { redirectUris: ["https://a.example", "https://b.example"] },
      spa: { redirectUris: ["https://c.example"] },
    });
    const drifts = driftOf(of.expected, await edge.inspector.inspect(of.registration));
    assert.equal(drifts.length, 4);
    await edge.asked();
    await undoAll(edge, of, drifts);
    assert.equal((await edge.asked("PATCH")).length, 1);
  });

  it("never touches what is Usher's own, whatever a row says", async () => {
    edge = await startGraphEdge({
      rights: { provisioning: ["Application.ReadWrite.All", "Directory.Read.All"], ...withRoles.rights },
    });
    const of = await aMadeOne(edge);
    const drifts: Drift[] = [
      { what: "owner", change: "removed", id: people.requester, name: "Mina" },
      { what: "redirect", change: "added", platform: "web", uri: "https://usher.example" },
      { what: "sign-in", change: "disabled" },
      {
        what: "role",
        change: "added",
        role: { templateId: highest, name: "Global Administrator", scope: "/" },
      },
    ];
    for (const { applicationObjectId, servicePrincipalId } of Object.values(clients))
      for (const row of [
        { applicationObjectId: applicationObjectId as ApplicationObjectId },
        { servicePrincipalId: servicePrincipalId as ServicePrincipalId },
      ]) {
        await edge.asked();
        const registration = { ...of.registration, ...row };
        for (const drift of drifts) {
          const failure = await failureOf(edge.inspector.undo(registration, [drift], of.expected));
          assert.equal(failure.kind, "final");
          assert.match(failure.message, /own identity/);
        }
        assert.deepEqual(
          (await edge.asked()).filter((each) => / \/v1\.0/.test(each) && !each.startsWith("GET ")),
          [],
        );
      }
  });

  it("gives back nothing that policy forbids by now, and still takes away what was added", async () => {
    const mail = aPermission({ name: "Mail.Read" });
    let isForbidden = false;
    edge = await startGraphEdge({ never: { isForbidden: ({ name }) => isForbidden && name === mail.name } });
    const of = await aMadeOne(edge, { permissions: [aPermission(), mail] });
    const admin = await behindUsher(edge.urls);
    await admin.setScopes(of.principal, ["User.Read"]);
    await admin.change(of.app, { requiredResourceAccess: [] });
    isForbidden = true;
    const drifts = driftOf(of.expected, await edge.inspector.inspect(of.registration));
    for (const what of ["consent", "declared"]) {
      const these = drifts.filter((drift) => drift.what === what);
      assert.match((await failureOf(undoAll(edge, of, these))).message, /forbids .*"Mail\.Read"/);
    }
    await admin.setScopes(of.principal, ["User.Read", "Mail.Read", "Files.Read.All"]);
    const more = driftOf(of.expected, await edge.inspector.inspect(of.registration));
    assert.deepEqual(
      await undoAll(
        edge,
        of,
        more.filter(({ what }) => what === "consent"),
      ),
      ["undone"],
    );
  });

  it("names the owner who is added again at the Graph that Usher works with", async () => {
    edge = await startGraphEdge({
      rights: { provisioning: ["Application.ReadWrite.All", "Directory.Read.All"] },
    });
    const of = await aMadeOne(edge);
    const gone: Drift = { what: "owner", change: "removed", id: people.requester, name: "Mina" };
    assert.equal(await edge.inspector.undo(of.registration, [gone], of.expected), "undone");
    const added = edge.exchanges.find(({ path }) => path.endsWith("/owners/$ref"));
    assert.deepEqual(added?.requestBody, {
      "@odata.id": `${edge.urls.graphUrl}/v1.0/directoryObjects/${people.requester}`,
    });
  });
});
