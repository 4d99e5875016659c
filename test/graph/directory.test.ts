import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type GroupId, parseGroupId, parseUserId, type UserId } from "../../src/domain/ids.ts";
import { graphClient } from "../../src/graph/client.ts";
import { graphDirectory } from "../../src/graph/directory.ts";
import { company } from "../../src/local/tenant/company.ts";
import { DirectoryFailure } from "../../src/usecases/ports/entra.ts";
import { failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

const group = (text: string) => parseGroupId(text) as GroupId;
const approvers = group(company.groups.approvers);
const admins = group(company.groups.admins);
const nowhere = group("bbbbbbbb-9999-4000-8000-000000000001");
const priya = parseUserId(company.people.approverOne) as UserId;
const mina = parseUserId(company.people.requester) as UserId;
const nobody = parseUserId("aaaaaaaa-9999-4000-8000-000000000001") as UserId;

describe("groups at Graph", () => {
  let edge: GraphEdge;
  before(async () => {
    edge = await startGraphEdge();
    // So that the token is there, and what is counted is only what is asked.
    await directory().person(priya);
  });
  after(() => edge.close());
  beforeEach(() => edge.asked());
  const directory = () => graphDirectory(edge.provisioning.client, edge.clock);
  const memberOf = async (person: UserId, groups: GroupId[]) => [
    ...(await directory().memberOf(person, groups)),
  ];

  it("are those of the asked ones that a person is in, in one request", async () => {
    assert.deepEqual(await memberOf(priya, [admins, approvers, nowhere]), [approvers]);
    assert.deepEqual(await edge.asked(), [`POST /v1.0/users/${priya}/checkMemberGroups`]);
    assert.deepEqual(await memberOf(mina, [admins, approvers]), []);
  });

  it("hold whoever is in a group in them too", async () => {
    await edge.sim("PUT", `/groups/${admins}/members`, { members: [approvers] });
    assert.deepEqual(await memberOf(priya, [admins, approvers]), [admins, approvers]);
    await edge.sim("PUT", `/groups/${admins}/members`, { members: [company.people.admin] });
  });

  it("are compared without case", async () =>
    assert.deepEqual(await memberOf(priya, [approvers.toUpperCase() as GroupId]), [approvers.toUpperCase()]));

  it("are none without a request when none is asked for", async () => {
    assert.deepEqual(await memberOf(priya, []), []);
    assert.deepEqual(await edge.asked(), []);
  });

  it("are none for somebody whom the directory does not have", async () =>
    assert.deepEqual(await memberOf(nobody, [approvers]), []));

  it("are asked for in parts when there are more than Graph takes, and all found", async () => {
    const many = Array.from({ length: 20 }, (_, n) => group(`bbbbbbbb-0000-4000-8000-0000000001${n + 10}`));
    assert.deepEqual(await memberOf(priya, [...many, approvers]), [approvers]);
    assert.equal((await edge.asked()).length, 2);
    assert.deepEqual(await memberOf(priya, [approvers, ...many]), [approvers]);
    await edge.asked();
    assert.deepEqual(await memberOf(priya, many), []);
    assert.equal((await edge.asked()).length, 1);
  });

  it("have a name, in one small request", async () => {
    assert.equal(await directory().groupName(approvers), "Integration approvers");
    assert.deepEqual(await edge.asked(), [`GET /v1.0/groups/${approvers}?$select=displayName`]);
  });

  it("have none where there is no such group", async () =>
    assert.equal(await directory().groupName(nowhere), undefined));

  for (const [rights, isEnough] of [
    [["User.Read.All", "GroupMember.Read.All"], true],
    [["User.Read.All"], false],
  ] as const)
    it(`have ${isEnough ? "a name" : "none"} for an identity with ${rights.join(" and ")} alone`, async () => {
      const own = await startGraphEdge();
      try {
        // Before anybody asks for a token, since rights stand in it.
        await own.sim("PUT", `/identities/${company.clients.provisioning.clientId}`, { roles: rights });
        const asking = graphDirectory(own.provisioning.client, own.clock);
        if (isEnough) {
          assert.equal(await asking.groupName(approvers), "Integration approvers");
          assert.deepEqual([...(await asking.memberOf(priya, [approvers]))], [approvers]);
        } else assert.equal((await failureOf(asking.groupName(approvers))).kind, "final");
      } finally {
        await own.close();
      }
    });

  it("are no answer while Graph is down", async () => {
    await edge.fault("GET", "/groups/", { kind: "503" });
    const failure = await failureOf(directory().groupName(approvers));
    assert.equal(failure.kind, "retry");
  });
});

describe("many people at Graph", () => {
  let edge: GraphEdge;
  before(async () => {
    edge = await startGraphEdge();
    await directory().person(priya);
  });
  after(() => edge.close());
  beforeEach(() => edge.asked());
  const directory = () => graphDirectory(edge.provisioning.client, edge.clock);
  const omar = parseUserId(company.people.disabled) as UserId;
  const lena = parseUserId(company.people.guest) as UserId;
  const count = (all: readonly string[], path: string) => all.filter((each) => each.includes(path)).length;

  it("are found a thousand in one request, with whether they can sign in", async () => {
    const people = await directory().people([priya, omar, lena, priya]);
    assert.deepEqual(
      [...people.values()].map(
        (person) =>
          !(person instanceof DirectoryFailure) && [person.userId, person.isEnabled, person.isGuest],
      ),
      [
        [priya, true, false],
        [omar, false, false],
        [lena, true, true],
      ],
    );
    const found = people.get(priya);
    assert.equal(found && "userId" in found && found.name, "Priya Nair");
    assert.deepEqual((await edge.asked()).length, 1);
  });

  it("have no account only where Graph says so to each by name", async () => {
    const strangers = Array.from(
      { length: 21 },
      (_, n) => parseUserId(`aaaaaaaa-9999-4000-8000-0000000000${n + 10}`) as UserId,
    );
    assert.deepEqual([...(await directory().people([...strangers, mina])).keys()], [mina]);
    const asked = await edge.asked();
    assert.equal(count(asked, "/$batch"), 2);
    assert.equal(count(asked, "/getByIds"), 1);
  });

  it("are found by name where Usher may not ask for many", async () => {
    await edge.sim("POST", "/faults", {
      path: "getByIds",
      kind: "status",
      status: 403,
      code: "Authorization_RequestDenied",
    });
    assert.deepEqual([...(await directory().people([priya, omar, nobody])).keys()], [priya, omar]);
    assert.equal(count(await edge.asked(), "/$batch"), 1);
  });

  it("are not taken for gone where Graph does not answer", async () => {
    await edge.sim("POST", "/faults", { path: "getByIds", kind: "503" });
    assert.equal((await failureOf(directory().people([priya, nobody]))).kind, "retry");
  });

  it("stand with why, where what Graph says of one of them is odd", async () => {
    const refused = { kind: "status", status: 400, code: "Request_BadRequest", times: 1 };
    await edge.sim("POST", "/faults", {
      path: "getByIds",
      kind: "status",
      status: 403,
      code: "Authorization_RequestDenied",
    });
    await edge.sim("POST", "/faults", { path: `/users/${omar}`, ...refused });
    const people = await directory().people([priya, omar, mina]);
    const odd = people.get(omar);
    assert.ok(odd instanceof DirectoryFailure && odd.kind === "final");
    for (const who of [priya, mina]) assert.ok(!(people.get(who) instanceof DirectoryFailure));
    await edge.sim("POST", "/faults", { path: `/users/${mina}/checkMemberGroups`, ...refused });
    const isIn = await directory().membersAmong([priya, mina], [approvers]);
    assert.ok(isIn.get(mina) instanceof DirectoryFailure);
    assert.deepEqual(isIn.get(priya), new Set([approvers]));
  });

  it("are not taken for disabled where Graph leaves out whether they are", async () => {
    // As a Graph that answers, and says no more than this of anybody.
    const server = createServer(async (request, response) => {
      const { requests = [] } = (request.method === "POST" ? JSON.parse(await text(request)) : {}) as {
        requests?: { id: string }[];
      };
      const user = { id: priya, displayName: "Priya Nair", userType: "Member" };
      const responses = requests.map(({ id }) => ({ id, status: 200, body: { ...user, id } }));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ ...user, value: [user], responses }));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const credential = {
        getToken: async () => ({ token: "t", expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
      };
      const silent = graphDirectory(graphClient(url, credential), edge.clock);
      const found = (await silent.people([priya])).get(priya);
      assert.ok(found instanceof DirectoryFailure, String(found));
      assert.match((await failureOf(silent.person(priya))).message, /whether an account is enabled/);
    } finally {
      server.close();
    }
  });

  it("are asked for their groups twenty in one request", async () => {
    const isIn = await directory().membersAmong([priya, mina, nobody], [approvers, admins]);
    assert.deepEqual(isIn.get(priya), new Set([approvers]));
    assert.deepEqual(isIn.get(mina), new Set());
    assert.deepEqual(isIn.get(nobody), new Set());
    assert.equal(count(await edge.asked(), "/$batch"), 1);
  });

  it("have somebody above them, or nobody", async () => {
    const above = await directory().manager(mina);
    assert.deepEqual(above, { userId: priya, name: "Priya Nair", isEnabled: true, isGuest: false });
    assert.equal(await directory().manager(parseUserId(company.people.admin) as UserId), undefined);
    await edge.sim("DELETE", `/users/${priya}`);
    assert.equal(await directory().manager(mina), undefined);
  });
});
