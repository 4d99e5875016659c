import assert from "node:assert/strict";
import { narrowCard } from "../../src/teams/cards.ts";
import type { NarrowingView } from "../../src/usecases/telling/request-views.ts";
import { assertGoodCard, elements, hostile, verbsOf, wordsOf } from "./reading.ts";
import { aNarrowing, aPermission, aPlan, aRole, somePermissions } from "./views.ts";

const drawn = (changes: Partial<NarrowingView> = {}) => {
  const card = narrowCard(aNarrowing(changes));
  assertGoodCard(card, { mayHoldExpressions: true });
  const input = (id: string) => elements(card).find((each) => each.id === id);
  const choices = (id: string) => input(id)?.choices as { title: string; value: string }[] | undefined;
  return { card, input, choices };
};

describe("the form for approving with changes", () => {
  it("has everything ticked that the plan asks for", () => {
    const { card, input, choices } = drawn();
    assert.deepEqual(choices("keep_permissions"), [
      { title: "Group.ReadWrite.All · High risk · acts by itself · Microsoft Graph", value: "0" },
      { title: "User.Read.All · Medium risk · acts by itself · Microsoft Graph", value: "1" },
      { title: "User.Read · Low risk · acts for a signed-in person · Microsoft Graph", value: "2" },
    ]);
    assert.equal(input("keep_permissions")?.value, "0,1,2");
    assert.deepEqual(choices("keep_redirects"), [
      { title: "https://identity.contoso.example/signin", value: "0" },
    ]);
    assert.deepEqual(
      choices("months")?.map(({ title }) => title),
      ["12 months", "6 months", "3 months", "1 month"],
    );
    assert.equal(input("months")?.value, "12");
    assert.deepEqual([input("smaller"), input("keep_roles")], [undefined, undefined]);
    assert.deepEqual(verbsOf(card), ["approval/offer", "approval/back"]);
    assert.match(wordsOf(card), /Nothing has been decided yet\./);
  });

  it("names things by their place in the plan, however they are sorted, since an address may hold a comma", () => {
    const plan = aPlan({
      permissions: [...somePermissions].reverse(),
      redirects: [
        { platform: "web", uri: "https://a.example/x,y" },
        { platform: "web", uri: "https://b.example/" },
      ],
    });
    const base = aNarrowing({ plan });
    const { choices, input } = drawn({
      plan,
      permissions: [...base.permissions].reverse(),
      chosen: {
        ...base.chosen,
        permissions: [base.permissions[0]!.key],
        redirects: [base.redirects[1]!.key],
      },
    });
    assert.deepEqual(
      choices("keep_permissions")?.map(({ value }) => value),
      ["2", "1", "0"],
    );
    assert.equal(input("keep_permissions")?.value, "0");
    assert.equal(input("keep_redirects")?.value, "1");
    assert.equal(choices("keep_redirects")?.[0]?.title, "https://a.example/x,y");
  });

  it("offers smaller ones where there are any, and the roles", () => {
    const base = aNarrowing();
    const permissions = base.permissions.map((each, at) =>
      at === 1 ? { ...each, smaller: { name: "User.ReadBasic.All", sentence: "Enough." } } : each,
    );
    const plan = aPlan({ directoryRoles: [{ name: "Global Reader", templateId: "t" }] });
    const { choices, input } = drawn({
      plan,
      permissions,
      roles: [{ templateId: "t", role: aRole("Global Reader", "high") }],
      chosen: { ...base.chosen, roles: ["t"] },
    });
    assert.deepEqual(choices("smaller"), [
      { title: "User.ReadBasic.All instead of User.Read.All", value: "1" },
    ]);
    assert.equal(input("smaller")?.value, undefined);
    assert.deepEqual(choices("keep_roles"), [{ title: "Global Reader · High risk", value: "0" }]);
    assert.equal(input("keep_roles")?.value, "0");
  });

  it("says what must be mended, in a box of its own, with what was typed kept", () => {
    const { card, input } = drawn({ sentences: ["Nothing is left out yet."], note: "Try it so." });
    const box = elements(card).find(({ style }) => style === "attention");
    assert.ok(wordsOf({ box }).includes("Please mend: Nothing is left out yet."));
    assert.equal(input("note")?.value, "Try it so.");
    assert.ok(!elements(drawn().card).some(({ style }) => style === "attention"));
  });

  it("shows no Markdown in its choices: what may be some is written out above, and named by a number", () => {
    const odd = [
      "https://a.example/[pay](https://evil.example)",
      hostile,
      "https://b.example/_x_",
      "n".repeat(300),
    ];
    const plan = aPlan({ redirects: odd.map((uri) => ({ platform: "web", uri })) });
    const { card, choices } = drawn({ plan, redirects: odd.map((uri) => ({ key: `web ${uri}`, uri })) });
    assert.deepEqual(
      choices("keep_redirects")?.map(({ title }) => title),
      odd.map((_, at) => `Number ${at + 1}, as written above`),
    );
    for (const uri of odd) assert.ok(wordsOf(card).includes(uri), uri);
    const plainOne = aPlan({ redirects: [{ platform: "web", uri: "https://c.example/sign_in?a=b-c" }] });
    assert.equal(
      drawn({ plan: plainOne, redirects: [{ key: "x", uri: "https://c.example/sign_in?a=b-c" }] }).choices(
        "keep_redirects",
      )?.[0]?.title,
      "https://c.example/sign_in?a=b-c",
    );
  });

  it("holds sixty permissions, behind a list", () => {
    const permissions = Array.from({ length: 60 }, (_, at) =>
      aPermission(`SomeRatherLongResourceName${at}.ReadWrite.All`, "application"),
    );
    const plan = aPlan({
      permissions,
      redirects: Array.from({ length: 20 }, (_, at) => ({
        platform: "web" as const,
        uri: `https://host${at}.example/${"p".repeat(200)}`,
      })),
    });
    const base = aNarrowing({ plan });
    const { card, input, choices } = drawn({ ...base, note: "漢".repeat(1000) });
    assert.equal(choices("keep_permissions")?.length, 60);
    assert.equal(input("keep_permissions")?.style, "compact");
    assert.equal(String(input("keep_permissions")?.value).split(",").length, 60);
    assert.ok(verbsOf(card).includes("approval/offer"));
  });

  it("that has no room for the plan says so, and offers nothing", () => {
    const permissions = Array.from({ length: 600 }, (_, at) => aPermission(`SomeResourceName${at}.Read.All`));
    const { card } = drawn(aNarrowing({ plan: aPlan({ permissions }) }));
    assert.deepEqual(verbsOf(card), ["approval/back"]);
    assert.match(wordsOf(card), /too long for this form\. The request stands as it was\./);
  });
});
