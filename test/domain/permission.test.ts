import assert from "node:assert/strict";
import {
  highestRank,
  type PermissionFact,
  type Rank,
  rankAzureRole,
  rankPermissions,
} from "../../src/domain/permission.ts";
import { aPermission, graphApi } from "../support/builders.ts";

const fact = (name: string, kind: PermissionFact["kind"], rank: Rank): PermissionFact => ({
  api: graphApi,
  name,
  kind,
  rank,
  sentence: `${name} does something.`,
});
const facts = [
  fact("User.Read", "delegated", "low"),
  fact("Directory.Read.All", "application", "medium"),
  fact("Mail.Send", "application", "high"),
  fact("Directory.ReadWrite.All", "application", "tier0"),
];
const application = (name: string) => aPermission({ name, kind: "application" });

describe("ranking permissions", () => {
  it("adds the rank and the sentence that are known", () =>
    assert.deepEqual(rankPermissions([aPermission()], facts), [
      { ...aPermission(), rank: "low", sentence: "User.Read does something." },
    ]));

  for (const [what, permission] of [
    ["nobody has described", application("Brand.New")],
    ["is described for the other kind only", application("User.Read")],
    ["is described for another API only", aPermission({ api: "00000002-0000-0000-c000-000000000000" })],
    ["is spelled in another case", aPermission({ name: "user.read" })],
  ] as const)
    it(`takes one that ${what} for high, and says so`, () => {
      const [ranked] = rankPermissions([permission], facts);
      assert.equal(ranked?.rank, "high");
      assert.match(ranked?.sentence ?? "", /Nobody has described/);
    });

  it("shows the most dangerous first, and keeps the order among equals", () => {
    const names = ["User.Read", "Brand.New", "Directory.ReadWrite.All", "Directory.Read.All", "Mail.Send"];
    const permissions = names.map((name) => (name === "User.Read" ? aPermission() : application(name)));
    assert.deepEqual(
      rankPermissions(permissions, facts).map(({ name }) => name),
      ["Directory.ReadWrite.All", "Brand.New", "Mail.Send", "Directory.Read.All", "User.Read"],
    );
  });

  it("leaves the plan's own list as it is", () => {
    const permissions = Object.freeze([aPermission(), application("Mail.Send")]);
    rankPermissions(permissions, facts);
    assert.equal(permissions[0]?.name, "User.Read");
  });

  const tops: [Rank[], Rank][] = [
    [[], "low"],
    [["low"], "low"],
    [["low", "medium"], "medium"],
    [["high", "medium", "low"], "high"],
    [["low", "tier0", "high"], "tier0"],
  ];
  for (const [ranks, top] of tops)
    it(`ranks a plan with ${ranks.join(", ") || "nothing"} as ${top}`, () =>
      assert.equal(highestRank(ranks.map((rank) => ({ rank }))), top));
});

describe("ranking roles in Azure", () => {
  for (const [role, rank] of [
    ["Reader", "medium"],
    ["Monitoring Reader", "medium"],
    ["Owner", "high"],
    ["Storage Blob Data Contributor", "high"],
    ["Proofreader", "high"],
    ["", "high"],
  ] as const)
    it(`takes ${role || "one without a name"} for ${rank}`, () => assert.equal(rankAzureRole(role), rank));
});
