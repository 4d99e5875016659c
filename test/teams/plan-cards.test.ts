import assert from "node:assert/strict";
import { rankPermissions } from "../../src/domain/permission.ts";
import { markOf, type Plan } from "../../src/domain/plan.ts";
import { approvalCard, type Card, messageCard, requestCard, reviewCard } from "../../src/teams/cards.ts";
import type { DraftView } from "../../src/usecases/telling/request-views.ts";
import { assertGoodCard, elements, linesOf, verbsOf, wordsOf } from "./reading.ts";
import { aCertificate, aDraft, aPermission, aPlan, aRequest, aRole, aView, draftId } from "./views.ts";

const review = (changes: Partial<DraftView> = {}) => reviewCard(aDraft(changes));
const approval = (changes: Partial<Pick<DraftView, "permissions" | "roles">> & { plan?: Plan }) =>
  approvalCard(aView(aRequest("pending", changes.plan ? { plan: changes.plan } : {}), changes));
const buttons = (card: Card) =>
  elements(card).flatMap((node) => (node.type === "Action.Execute" ? [node] : []));

describe("the review", () => {
  it("shows the plan before it is submitted", () => {
    const card = review();
    assertGoodCard(card);
    assert.deepEqual(
      buttons(card).map(({ title, data }) => [title, data]),
      [
        ["Submit", { verb: "intake/submit", draft: draftId, mark: markOf(aDraft().plan, aDraft().reason) }],
        ["Change", { verb: "intake/back", draft: draftId, page: 0 }],
        ["Cancel", { verb: "intake/cancel", draft: draftId }],
      ],
    );
    const words = wordsOf(card);
    for (const expected of [
      "Group.ReadWrite.All · High risk · acts by itself · Microsoft Graph. What Group.ReadWrite.All lets",
      "User.Read · Low risk · acts for a signed-in person · Microsoft Graph.",
      "Who can sign in: people of this organisation only",
      "Sign-in returns to (website): https://identity.contoso.example/signin",
      "Handed straight to the browser: ID tokens",
      "Credential: a secret for 12 months, named usher",
    ]) {
      assert.ok(words.includes(expected), expected);
    }
  });

  const rich = {
    ...aPermission("Sites.Read.All", "application", "high"),
    allows: "Reads documents in all sites.",
    beyondMinimum: true as const,
    smaller: { name: "Sites.Selected", sentence: "Sites.Selected reads only sites that are named." },
  };

  it("says what a permission allows in the tenant's own words, what is beyond the minimum, and what is less", () => {
    const lines = linesOf(review({ permissions: [rich] }));
    const at = lines.indexOf(
      "Sites.Read.All · High risk · acts by itself · Microsoft Graph · beyond the vendor's minimum. Reads documents in all sites.",
    );
    assert.ok(at > 0, lines.join("\n"));
    assert.equal(lines[at + 1], "Less: Sites.Selected reads only sites that are named.");
  });

  it("offers to ask for less, and takes what is ticked along with either button", () => {
    const offers = [
      { id: "graph/Sites.Read.All", from: "Sites.Read.All", to: "Sites.Selected", sentence: "Enough." },
    ];
    const card = review({ permissions: [rich], offers });
    assertGoodCard(card);
    const input = elements(card).find(({ id }) => id === "smaller");
    assert.deepEqual(input?.choices, [
      { title: "Sites.Selected instead of Sites.Read.All", value: "graph/Sites.Read.All" },
    ]);
    assert.deepEqual([input?.isMultiSelect, input?.isRequired], [true, false]);
    const taking = buttons(card).filter(({ associatedInputs }) => associatedInputs !== "none");
    assert.deepEqual(
      taking.map(({ title, data }) => [title, data]),
      [
        ["Ask for less", { verb: "intake/smaller", draft: draftId }],
        ["Submit", { verb: "intake/submit", draft: draftId, mark: markOf(aDraft().plan, aDraft().reason) }],
      ],
    );
    assert.ok(!verbsOf(review()).includes("intake/smaller"));
  });

  it("says when the tenant could not be asked", () => {
    const card = review({ plan: aPlan({ isUnchecked: true }) });
    assertGoodCard(card);
    assert.match(wordsOf(card), /\nNot checked against the tenant: it could not be asked just now\. Names/);
    assert.doesNotMatch(wordsOf(review()), /Not checked/);
  });

  it("says what became of the press that led to it", () => {
    assert.match(wordsOf(reviewCard(aDraft(), "You ask for less now.")), /\nYou ask for less now\.\n/);
  });
});

describe("what an approver reads of a plan that the tenant was not asked about", () => {
  const plan = aPlan({ isUnchecked: true });

  it("is that it was not, above all that speaks for it", () => {
    const card = approval({ plan });
    assertGoodCard(card);
    const lines = linesOf(card);
    const at = lines.indexOf(
      "Not checked against the tenant: it could not be asked when this was reviewed. Names of permissions, missing APIs and the tenant's policy show only when it is made.",
    );
    assert.equal(lines[at - 1], "Name: Netwrix Identity Manager Contoso");
    assert.match(lines[at + 1] ?? "", /risk/);
    assert.doesNotMatch(wordsOf(approval({})), /Not checked/);
  });

  it("is nothing of it any more once it is made", () => {
    assert.match(wordsOf(approvalCard(aView(aRequest("approved", { plan })))), /Not checked/);
    assert.doesNotMatch(wordsOf(approvalCard(aView(aRequest("provisioned", { plan })))), /Not checked/);
  });
});

describe("what is handed over for an app without a credential", () => {
  it("is true of an API too, with which nobody signs in", () => {
    const request = aRequest("provisioned", { plan: aPlan({ credential: { kind: "none" } }) });
    const words = wordsOf(requestCard(aView(request)));
    assert.match(words, /No credential\nIt has no credential: it does not sign in by itself\./);
    assert.doesNotMatch(words, /people sign in/);
  });
});

describe("what an approver reads of a permission", () => {
  it("is what can go wrong with it, not what its publisher says", () => {
    const words = wordsOf(
      approval({ permissions: [{ ...aPermission("Mail.Read"), allows: "Publisher's words." }] }),
    );
    assert.match(words, /Mail\.Read · .*\. What Mail\.Read lets an app do/);
    assert.doesNotMatch(words, /Publisher's words/);
  });

  it("is a warning and the publisher's words when nobody has described it", () => {
    const asked = { api: "x", apiName: "Some API", name: "Do.All", kind: "application" } as const;
    const permissions = rankPermissions([{ ...asked, allows: "Does all." }], []);
    assert.match(
      wordsOf(approval({ permissions })),
      /Do\.All · High risk · acts by itself · Some API\. Nobody has described .*: treat it as dangerous\. Its publisher says: Does all\./,
    );
  });

  it("offers no lesser one: that is the requester's to take", () => {
    const permissions = [{ ...aPermission("Mail.Read"), smaller: { sentence: "Mail.ReadBasic is less." } }];
    assert.doesNotMatch(wordsOf(approval({ permissions })), /Less:/);
  });
});

describe("directory roles", () => {
  const roles = [aRole("Global Reader", "high"), aRole("Global Administrator")];

  it("stand among the permissions by their danger", () => {
    const powers = linesOf(approval({ roles })).filter((line) => line.includes(" risk · "));
    assert.deepEqual(
      powers.map((line) => line.split(" · ").slice(0, 3).join(" · ").split(".")[0]),
      [
        "Global Administrator · Highest risk · directory role",
        "Global Reader · High risk · directory role",
        "Group",
        "User",
        "User",
      ],
    );
  });

  it("count in the risk, even where no permission is asked for", () => {
    assert.match(
      wordsOf(approval({ roles })),
      /Highest risk \(1 of 2 directory roles\): .* Acts without a signed-in person\./,
    );
    assert.match(wordsOf(approval({ permissions: [], roles })), /Highest risk \(1 of 2 directory roles\)/);
    assert.match(
      wordsOf(approval({ roles: [aRole("Global Reader", "high")] })),
      /High risk \(1 of 3 permissions, 1 directory role\)/,
    );
    assert.match(wordsOf(approval({ permissions: [] })), /Low risk \(no permissions\)/);
    const view = aView(aRequest("pending"), { roles });
    assert.match(messageCard({ kind: "approval", view }).summary, /Highest risk/);
    assert.match(
      wordsOf(requestCard(view)),
      /What it may do: 3 permissions and 2 directory roles, highest risk/,
    );
  });

  it("keep the requester from owning it in Entra", () => {
    const permissions = [aPermission("User.Read")];
    assert.match(wordsOf(approval({ permissions })), /Owners in Entra: Usher and the person who asks/);
    assert.match(wordsOf(approval({ permissions, roles })), /Owner in Entra: Usher alone/);
  });
});

describe("what will be made", () => {
  const words = (changes: Partial<Plan>) => {
    const card = approval({ plan: aPlan(changes) });
    assertGoodCard(card);
    return wordsOf(card);
  };

  const cases: [string, Partial<Plan>, RegExp][] = [
    ["the version of its tokens", { tokenVersion: 2 }, /Access tokens for its own API: version 2/],
    ["the groups in its tokens", { groupClaims: "ApplicationGroup" }, /those groups .* assigned to the app/],
    [
      "its app roles",
      {
        appRoles: [
          {
            value: "Viewer",
            name: "Viewer",
            description: "Reads dashboards.",
            members: ["User", "Application"],
          },
        ],
      },
      /App role \(for people and apps\): Viewer: Reads dashboards\./,
    ],
    [
      "the scopes that it exposes",
      {
        expose: {
          scopes: [{ value: "Orders.Read", name: "Orders", description: "Reads orders.", who: "admins" }],
        },
      },
      /Identifier URI: api:\/\/.*\n.*\(only admins may consent\): Orders\.Read: Reads orders\./,
    ],
    [
      "a certificate by its thumbprint and its end",
      { credential: aCertificate },
      /Credential: the certificate .* until 20 Nov 2027, named usher\nIts thumbprint: A1B2C3/,
    ],
    [
      "a federated credential with issuer and subject whole",
      {
        credential: {
          kind: "federated",
          name: "main",
          issuer: `https://issuer.example/${"i".repeat(500)}`,
          subject: "repo:a/b",
          audience: "api://other",
        },
      },
      /Issuer: https:\/\/issuer\.example\/i{500}\nSubject: repo:a\/b\nAudience: api:\/\/other/,
    ],
    ["that there is no credential", { credential: { kind: "none" } }, /Credential: none/],
    [
      "Azure roles as given by hand",
      { azureRoles: [{ role: "Monitoring Reader", scope: "each subscription" }] },
      /by hand: Monitoring Reader on each subscription/,
    ],
    [
      "that consent is not granted, and what does not work without",
      { consent: "optional" },
      /Consent: Usher only lists .*\. What it does by itself works only once an admin has consented/,
    ],
    [
      "that each person is asked",
      { consent: "none", permissions: [aPermission("User.Read")] },
      /Consent: Usher only lists .* or an admin consents for all\n/,
    ],
    [
      "an API that Usher makes first",
      { missingApis: [{ clientId: "x", name: "Azure Storage", createdBy: "usher" }] },
      /created by Usher after approval: Azure Storage/,
    ],
  ];
  for (const [what, changes, expected] of cases) {
    it(`names ${what}`, () => assert.match(words(changes), expected));
  }

  it("names the command for an API that only an administrator can add, so that it can be copied", () => {
    const clientId = "e406a681-f3d4-42a8-90b6-c2b029497af1";
    const plan = aPlan({ missingApis: [{ clientId, name: "Azure Storage", createdBy: "administrator" }] });
    for (const card of [approval({ plan }), review({ plan })]) {
      assertGoodCard(card);
      assert.match(
        wordsOf(card),
        /An administrator must run this once\. Usher waits for it before it makes anything:\naz ad sp/,
      );
      const run = elements(card).find(({ text }) => text === `az ad sp create --id ${clientId}`);
      assert.equal(run?.fontType, "Monospace");
    }
  });
});

describe("a long plan", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      ...aPermission(
        `SomeRatherLongResourceName${at}.ReadWrite.All`,
        at % 2 ? "application" : "delegated",
        at < 3 ? "high" : "low",
      ),
      sentence: "s".repeat(160),
      allows: "a".repeat(600),
      smaller: { sentence: "l".repeat(100) },
    }));
  const roles = Array.from({ length: 8 }, (_, at) => aRole(`Some Directory Role ${at}`));
  const redirects = Array.from({ length: 20 }, (_, at) => ({
    platform: "web" as const,
    uri: `https://host${at}.example/${"p".repeat(200)}`,
  }));
  const appRoles = Array.from({ length: 20 }, (_, at) => ({
    value: `Role.${at}`,
    name: `Role ${at}`,
    description: "d".repeat(150),
    members: ["User" as const],
  }));
  const offers = many(40).map(({ name }) => ({ id: `graph/${name}`, from: name, to: "Less", sentence: "x" }));
  const drawn = (count: number) => {
    const permissions = many(count);
    const plan = aPlan({ permissions, redirects, displayName: "n".repeat(120), appRoles });
    const reason = "漢".repeat(1000);
    const view = aView(aRequest("pending", { plan, reason }), { permissions, roles });
    const review = reviewCard(aDraft({ plan, permissions, roles, reason, offers }));
    return { permissions, approval: approvalCard(view), review, own: requestCard(view) };
  };

  it("with 60 permissions and 8 roles names every one of them and can be approved", () => {
    const { permissions, approval, review, own } = drawn(60);
    for (const card of [approval, review, own]) assertGoodCard(card);
    for (const card of [approval, review]) {
      for (const { name } of [...roles, ...permissions]) assert.ok(wordsOf(card).includes(name), name);
      for (const { uri } of redirects) assert.ok(wordsOf(card).includes(uri), uri);
      for (const { value } of appRoles) assert.ok(wordsOf(card).includes(value), value);
    }
    assert.ok(verbsOf(approval).includes("approval/approve"));
    const offered = elements(review).find(({ id }) => id === "smaller")?.choices as unknown[];
    assert.equal(offered.length, 15);
  });

  it("that cannot be shown whole can be denied, but neither approved nor submitted", () => {
    const { approval, review } = drawn(600);
    for (const card of [approval, review]) assertGoodCard(card);
    assert.deepEqual(verbsOf(approval), [
      "approval/list",
      "approval/narrow",
      "approval/return",
      "approval/deny",
      "approval/refresh",
    ]);
    assert.match(wordsOf(approval), /… and \d+ more/);
    assert.match(wordsOf(approval), /too long to be shown whole/);
    assert.ok(!verbsOf(review).includes("intake/submit"));
  });
});
