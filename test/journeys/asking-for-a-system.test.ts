import assert from "node:assert/strict";
import { inputsOf } from "../../src/local/teams-stand-in.ts";
import {
  complaintsOn,
  fillPages,
  fillSystem,
  sayRequest,
  sentOf,
  submitted,
  type Typed,
  valueIn,
} from "../support/asking.ts";
import { type Journey, mina, personalChat, readingOf, startJourney, verbsOf } from "../support/journey.ts";

describe("asking for a system", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  const planOf = async (review: Parameters<typeof submitted>[1]) => {
    const request = await journey.world.store.tables.requests.get(await submitted(journey, review));
    assert.ok(request);
    return request.plan;
  };

  describe("by its name", () => {
    const offered = (card: Parameters<typeof sentOf>[0]) => {
      const choices = inputsOf(card.card).get("blueprint")?.choices as { value: string }[] | undefined;
      return choices?.map(({ value }) => value);
    };

    it("goes straight to the form of the one that is meant", async () => {
      const card = await sayRequest(journey, "rewst");
      assert.match(readingOf(card), /^Rewst – owned app registration Page 1/);
      assert.ok(verbsOf(card).includes("intake/review"));
    });

    it("offers those that may be meant, and goes on with the chosen one", async () => {
      const card = await sayRequest(journey, "net");
      assert.deepEqual(offered(card), ["netwrix-identity-manager", "netwrix-privilege-secure"]);
      assert.match(readingOf(card), /Several systems match “net”/);
      await journey.teams.press(mina, personalChat(mina), card, "intake/choose", {
        blueprint: "netwrix-identity-manager",
      });
      assert.ok(inputsOf(journey.stands(card).card).has("q_organization"));
    });

    it("says so when there is none, and offers all", async () => {
      const card = await sayRequest(journey, "nothinglikethis");
      assert.match(readingOf(card), /There is no system called “nothinglikethis”/);
      assert.equal(offered(card)?.length, journey.world.catalog.blueprints.length);
    });
  });

  describe("with permissions that somebody types", () => {
    const names: [it: string, answers: Typed, sentence: string][] = [
      [
        "as a vendor misprints it",
        { applicationPermissions: "UserEnableDisableAccount.All" },
        'Microsoft Graph has no application permission "UserEnableDisableAccount.All". Did you mean User.EnableDisableAccount.All?',
      ],
      [
        "with a slip of the finger",
        { applicationPermissions: "Office 365 Exchange Online: Exchange.MangeAsApp" },
        'Office 365 Exchange Online has no application permission "Exchange.MangeAsApp". Did you mean Exchange.ManageAsApp?',
      ],
      [
        "of the other kind: delegated only",
        { applicationPermissions: "offline_access" },
        "Microsoft Graph has offline_access only as a delegated permission, not as an application one.",
      ],
      [
        "of the other kind: application only",
        { signIn: true, delegatedPermissions: "Office 365 Exchange Online: full_access_as_app" },
        "Office 365 Exchange Online has full_access_as_app only as an application permission, not as a delegated one.",
      ],
      [
        "that nothing is near to",
        { applicationPermissions: "Quantum.Teleport.Now" },
        'Microsoft Graph has no application permission "Quantum.Teleport.Now".',
      ],
      [
        "of an API that Usher does not know",
        { applicationPermissions: "Larkfield Payroll: Payroll.Read" },
        'Usher knows no API "Larkfield Payroll". Write its client ID, or one of: Microsoft Graph,',
      ],
      [
        "of a client ID that the tenant does not know",
        { applicationPermissions: "99999999-9999-4999-8999-999999999999: Payroll.Read" },
        "This tenant has no API with the client ID 99999999-9999-4999-8999-999999999999.",
      ],
      [
        "of a name that several APIs bear, told apart by client ID",
        { signIn: true, delegatedPermissions: "Microsoft Partner Center: user_impersonation" },
        'Several APIs are called "Microsoft Partner Center". Write the client ID instead: fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd (the one that CSP tools such as Rewst ask for); fabfbdc4-5751-471c-ac43-3826fa1afc31',
      ],
    ];
    for (const [what, answers, sentence] of names)
      it(`refuses one ${what}, beside its field`, async () => {
        const card = await fillSystem(journey, "custom", { name: "Payroll", ...answers });
        const [[field = "", typed] = []] = Object.entries(answers).filter(([key]) => key !== "signIn");
        assert.ok(complaintsOn(card)[field]?.startsWith(sentence), JSON.stringify(complaintsOn(card)));
        assert.equal(valueIn(card, field), typed);
        assert.ok(!verbsOf(card).includes("intake/submit"));
      });

    it("takes the right name in its place, and what else was typed stays", async () => {
      const card = await fillSystem(journey, "custom", {
        name: "Payroll",
        applicationPermissions: ["User.Read.All", "UserEnableDisableAccount.All"],
      });
      const mended = { applicationPermissions: ["User.Read.All", "User.EnableDisableAccount.All"] };
      const plan = await planOf(await fillPages(journey, card, mended));
      assert.equal(plan.displayName, "Payroll");
      assert.deepEqual(
        plan.permissions.map(({ name }) => name),
        mended.applicationPermissions,
      );
    });

    it("offers less that may do, and asks for that alone once it is taken", async () => {
      const review = await fillSystem(journey, "custom", {
        name: "Site reader",
        applicationPermissions: "Sites.Read.All",
      });
      await journey.teams.press(mina, personalChat(mina), review, "intake/smaller", {
        smaller: "applicationPermissions/Sites.Read.All",
      });
      const less = journey.stands(review);
      assert.match(readingOf(less), /You ask for less now/);
      assert.doesNotMatch(readingOf(less), /Sites\.Read\.All/);
      const plan = await planOf(less);
      assert.deepEqual(
        plan.permissions.map(({ name, kind }) => `${kind} ${name}`),
        ["application Sites.Selected"],
      );
    });
  });

  describe("going back and forth", () => {
    const press = async (card: Parameters<typeof sentOf>[0], verb: string, answers: Typed) => {
      await journey.teams.press(mina, personalChat(mina), card, verb, sentOf(card, answers));
      return journey.stands(card);
    };

    it("is not needed for a wrong name of a permission: it is said on the page where it was typed", async () => {
      const form = await sayRequest(journey, "custom");
      await journey.teams.press(mina, personalChat(mina), form, "intake/review", {
        q_name: "Payroll",
        q_applicationPermissions: "Mail.Reed",
        reason: "So.",
      });
      const same = journey.stands(form);
      assert.ok(inputsOf(same.card).has("q_applicationPermissions"));
      assert.match(readingOf(same), /Did you mean Mail\.Read\?/);
    });

    it("keeps what was answered, also what is wrong", async () => {
      const first = await sayRequest(journey, "custom");
      const second = await press(first, "intake/review", { name: "Payroll", signIn: true });
      assert.ok(inputsOf(second.card).has("q_webRedirects"));
      const back = await press(second, "intake/back", { webRedirects: "ftp://payroll.example" });
      assert.equal(valueIn(back, "name"), "Payroll");
      assert.equal(valueIn(back, "reason"), "It is needed.");
      const again = await press(back, "intake/review", {});
      assert.equal(valueIn(again, "webRedirects"), "ftp://payroll.example");
      const complained = await press(again, "intake/review", {});
      assert.match(complaintsOn(complained).webRedirects ?? "", /must begin with https/);
    });

    it("goes back from the review to what was answered", async () => {
      const review = await fillSystem(journey, "gitlab", {
        host: "https://gitlab.larkfield.example",
        secretMonths: 7,
      });
      await journey.teams.press(mina, personalChat(mina), review, "intake/back");
      const form = journey.stands(review);
      assert.deepEqual(
        [valueIn(form, "host"), valueIn(form, "secretMonths")],
        ["https://gitlab.larkfield.example", 7],
      );
      const plan = await planOf(await fillPages(journey, form, { secretMonths: 8 }));
      assert.partialDeepStrictEqual(plan.credential, { kind: "secret", months: 8 });
    });

    it("forgets the answers to questions that are asked no more", async () => {
      const review = await fillSystem(journey, "custom", {
        name: "Payroll",
        signIn: true,
        webRedirects: "https://payroll.larkfield.example/signin",
        delegatedPermissions: "Mail.Read",
      });
      assert.match(readingOf(review), /Mail\.Read/);
      await journey.teams.press(mina, personalChat(mina), review, "intake/back");
      let form = journey.stands(review);
      while (verbsOf(form).includes("intake/back")) form = await press(form, "intake/back", {});
      const plan = await planOf(await fillPages(journey, form, { signIn: false }));
      assert.deepEqual([plan.redirects, plan.permissions], [[], []]);
    });

    it("ignores what a client sends for questions that were not asked", async () => {
      const form = await sayRequest(journey, "custom");
      const sent = sentOf(form, { name: "Payroll", signIn: false });
      const forged = { ...sent, q_webRedirects: "https://evil.example/", q_idTokens: "true" };
      await journey.teams.press(mina, personalChat(mina), form, "intake/review", forged);
      const plan = await planOf(await fillPages(journey, form, {}));
      assert.deepEqual([plan.redirects, plan.idTokens], [[], false]);
    });
  });
});
