import assert from "node:assert/strict";
import { actionsOf } from "../../src/local/teams-stand-in.ts";
import { approvalCard, requestCard } from "../../src/teams/cards.ts";
import { consentLinks } from "../../src/usecases/telling/consent-links.ts";
import type { RequestView } from "../../src/usecases/telling/request-views.ts";
import { aPlan, aRequest, aView, later } from "./views.ts";

const links = {
  grant: "https://login.microsoftonline.com/t/adminconsent?client_id=c",
  permissions: "https://entra.microsoft.com/#view/x",
};
const waits: RequestView["steps"] = [
  { step: "admin-consent", state: "waiting", since: later, note: "No administrator has granted it yet." },
];
const read = (card: object) => JSON.stringify(card);
const buttonsOf = (card: Parameters<typeof actionsOf>[0]) =>
  actionsOf(card).map(({ title, url, verb }) => [title, url ?? verb]);

for (const [whose, draw] of Object.entries({ "approvers'": approvalCard, "requester's": requestCard }))
  describe(`the ${whose} card, while an administrator is waited for`, () => {
    const approved = (changes: Partial<RequestView>) => draw(aView(aRequest("approved"), changes));

    it("leads to the consent and the portal, has a button to look at once, and says since when", () => {
      const card = approved({ consent: links, steps: waits });
      const buttons = buttonsOf(card).map((button) => read(button));
      for (const button of [
        ["Grant consent", links.grant],
        ["Its permissions in Entra", links.permissions],
        ["Check now", "provisioning/check-consent"],
      ])
        assert.ok(buttons.includes(read(button)), `${button[0]} among ${buttons}`);
      assert.match(read(card), /An administrator must grant consent/);
      assert.match(read(card), /Enterprise applications, the app, Permissions, Grant admin consent/);
      assert.match(
        read(card),
        /Waiting since 20 Nov 2026, 14:05 UTC: .*No administrator has granted it yet/s,
      );
    });

    it("says the same while Usher looks, so that nobody sees a card that changes each minute", () => {
      const looking = waits.map((step) => ({ ...step, state: "intended" as const }));
      assert.deepEqual(
        approved({ consent: links, steps: looking }),
        approved({ consent: links, steps: waits }),
      );
    });

    it("speaks of no secret where none is made", () => {
      const plan = aPlan({ credential: { kind: "none" } });
      const card = draw(aView(aRequest("approved", { plan }), { consent: links, steps: waits }));
      assert.doesNotMatch(read(card), /makes the secret/);
      assert.match(read(approved({ consent: links, steps: waits })), /makes the secret only then/);
    });

    it("has the button for an API that an administrator makes known, and no link to a consent", () => {
      const note = "An administrator must run `az ad sp create --id x` once.";
      const card = approved({ steps: [{ step: "missing-apis", state: "waiting", since: later, note }] });
      const titles = buttonsOf(card).map(([title]) => title);
      assert.ok(titles.includes("Check now") && !titles.includes("Grant consent"), read(titles));
    });

    it("has none of it where nobody is waited for", () => {
      const titles = buttonsOf(approved({})).map(([title]) => title);
      assert.ok(!titles.includes("Check now") && !titles.includes("Grant consent"), read(titles));
    });

    it("says once it is made that Entra has no owner but Usher, and what to do about it", () => {
      const ready = (isOwnerLeftOut: boolean) =>
        read(draw(aView(aRequest("provisioned"), { isOwnerLeftOut })));
      assert.match(ready(true), /did not let Usher name the person who asked as its owner.*Add owners/s);
      assert.doesNotMatch(ready(false), /Add owners/);
    });
  });

describe("the links to an administrator's consent", () => {
  const made = { clientId: "c", servicePrincipalId: "s" };
  const of = (authorityUrl: string) => consentLinks({ authorityUrl, tenantId: "t" as never }, made);

  it("lead to the page that grants what the application declares, and to the portal of the same cloud", () => {
    assert.deepEqual(of("https://login.microsoftonline.com"), {
      grant: "https://login.microsoftonline.com/t/adminconsent?client_id=c",
      permissions:
        "https://entra.microsoft.com/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Permissions/objectId/s/appId/c",
    });
    assert.match(
      of("https://login.microsoftonline.us").permissions ?? "",
      /^https:\/\/entra\.microsoft\.us\//,
    );
  });

  it("name no portal for a sign-in service whose portal nobody knows", () =>
    assert.deepEqual(of("https://login.example"), {
      grant: "https://login.example/t/adminconsent?client_id=c",
    }));
});
