import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { inBrowser } from "./chromium.ts";
import { cardWith, choose, fill, press, sayInPersonalChat } from "./playground-page.ts";
import {
  approvalCardOf,
  fillForm,
  fillRequest,
  openLink,
  type RunningTrial,
  reveal,
  review,
  startRunningTrial,
  submit,
} from "./running-trial.ts";

const reason = "Nightly sync of people and groups into the identity warehouse.";

/** The parts of a text that a card does not show. */
const missing = async (card: Locator, ...parts: string[]) => {
  const text = await card.innerText();
  return parts.filter((part) => !text.includes(part));
};

inBrowser("npm run local in a browser", (chromium) => {
  let trial: RunningTrial;
  let id: string;

  before(async () => {
    trial = await startRunningTrial(chromium);
  });
  after(() => trial?.close());
  afterEach(async function () {
    const { state, title } = this.currentTest ?? {};
    if (state === "failed") process.stderr.write(`      kept in ${await trial.keep(title ?? "")}\n`);
  });

  const ask = async (organisation: string) => {
    const plan = await fillRequest(trial.requester, { organisation, writes: false, reason });
    return submit(trial.requester, plan);
  };
  const openSecret = async () => {
    const page = await openLink(trial.requester);
    await reveal(page, "Mina Okafor");
    await page.close();
    // Its message says so, and is not taken for the next one.
    await cardWith(trial.requester, /The secret was opened.*Identity Manager Ashdown/);
  };
  const approve = async (request: string) => press(await approvalCardOf(trial.approver, request), "Approve");

  it("says where the windows are and what to type, and that it is ready last", () => {
    const text = trial.lines.join("\n");
    assert.match(text, /Mina Okafor asks +http:\/\/127\.0\.0\.1:\d+\n.*type: request/);
    assert.match(text, /Priya Nair approves +http:\/\/127\.0\.0\.1:\d+\n.*channel Approvals/);
    assert.match(
      trial.lines.at(-1) ?? "",
      /^ready bot=http:\/\/127\.0\.0\.1:\d+ graph=http:\/\/127\.0\.0\.1:\d+ signin=http:\/\/127\.0\.0\.1:\d+$/,
    );
    assert.doesNotMatch(text, /"level":/);
  });

  it("says what the form lacks, and shows the requester the plan once that is mended", async () => {
    const form = await fillForm(trial.requester, { organisation: "Larkfield", writes: false, reason: "" });
    await press(form, "Review");
    await form.getByText("Say why you need it.").waitFor();
    await fill(form, "Why do you need it? Approvers read this first.", reason);
    const plan = await review(trial.requester, form);
    assert.deepEqual(await missing(plan, "Identity Manager Larkfield", "Directory.Read.All", reason), []);
    id = await submit(trial.requester, plan);
    assert.match(id, /^REQ-[0-9A-Z]{6}$/);
    const waiting = await cardWith(trial.requester, id);
    assert.deepEqual(await missing(waiting, "Waiting for an approver", "Can decide: Priya Nair"), []);
  });

  it("shows the approver who asks for what, how risky it is, and why", async () => {
    const card = await approvalCardOf(trial.approver, id);
    const expected = [
      "Who: Mina Okafor",
      "System: Netwrix Identity Manager",
      "Medium risk",
      `Why: ${reason}`,
    ];
    assert.deepEqual(await missing(card, ...expected), []);
  });

  it("tells both sides once it is approved and ready, without a button left to press", async () => {
    await approve(id);
    const decided = await cardWith(trial.approver, "Approved and ready");
    assert.deepEqual(await missing(decided, id, "by: Priya Nair", "Client ID: "), []);
    assert.equal(await decided.getByRole("button").count(), 0);
    const ready = await cardWith(trial.requester, "ApplicationId");
    assert.deepEqual(
      await missing(ready, id, "Ready", "TenantId", "11111111-1111-4111-8111-111111111111"),
      [],
    );
  });

  it("opens the link for the requester only, and only once", async () => {
    const page = await openLink(trial.requester);
    const address = page.url();
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Priya Nair" }).click();
    await page.getByRole("heading", { name: "This link is for somebody else" }).waitFor();
    await reveal(page, "Mina Okafor", "Sign in as another person");
    const secret = page.getByLabel("ApplicationKey", { exact: true }).and(page.locator("input"));
    assert.match(await secret.inputValue(), /^\S{30,}$/);
    await cardWith(trial.requester, "The secret was opened");

    await page.goto(address);
    await page.getByRole("heading", { name: "This link opens nothing any more" }).waitFor();
    await page.close();
  });

  it("replaces a secret that somebody else opened, by a press of its owner", async () => {
    await press(await cardWith(trial.requester, "If that was not you"), "It was not me");
    await cardWith(trial.approver, /A secret may be in the wrong hands.*Identity Manager Larkfield/);
    await cardWith(trial.requester, /Your secret is ready.*Identity Manager Larkfield/);
  });

  it("lists the registration, and revokes it once the owner has said yes", async () => {
    // The link to the new secret comes a moment before its making has ended.
    const isMade = async () => {
      await sayInPersonalChat(trial.requester, "list");
      const list = await cardWith(trial.requester, "Your registrations");
      const expected = ["Identity Manager Larkfield", id, "Active, its secret works until"];
      return (await missing(list, ...expected)).length === 0;
    };
    for (let tries = 1; !(await isMade()); tries++) assert.ok(tries < 10, "the list");

    await sayInPersonalChat(trial.requester, `revoke ${id}`);
    const confirm = await cardWith(trial.requester, "Revoke this registration?");
    assert.deepEqual(
      await missing(confirm, "Identity Manager Larkfield", "Nothing has been changed yet"),
      [],
    );
    await press(confirm, "Yes, revoke it");

    await cardWith(trial.approver, /^Revoked.*by: Mina Okafor/);
    await cardWith(trial.requester, /^Revoked.*by: Priya Nair.*by: Mina Okafor/);
    await sayInPersonalChat(trial.requester, "list");
    const after = await cardWith(trial.requester, /Your registrations.*Revoked on/);
    await press(after, `Details of ${id}`);
    const details = await cardWith(trial.requester, /^Registration.*Revoked on/);
    assert.equal(await details.getByRole("button", { name: "Revoke" }).count(), 0);
  });

  it("makes what an approver has made smaller, once the requester accepts it", async () => {
    const narrowed = await ask("Ashdown");
    await press(await approvalCardOf(trial.approver, narrowed), "Approve with changes");
    const form = await cardWith(trial.approver, "What is ticked stays");
    await choose(form, "How long the secret lives", "6 months");
    await press(form, "Offer this to the requester");
    const offer = await cardWith(
      trial.requester,
      /6 months.*Identity Manager Ashdown|Identity Manager Ashdown.*6 months/,
    );
    await press(offer, "Accept");
    await cardWith(trial.requester, /Your secret is ready.*Identity Manager Ashdown/);
    await cardWith(trial.approver, /Approved and ready.*Identity Manager Ashdown/);
  });

  it("rotates a secret: another link comes, and the old secret goes once its owner has switched", async () => {
    await openSecret();
    await sayInPersonalChat(trial.requester, "rotate Identity Manager Ashdown");
    await press(await cardWith(trial.requester, "Make a new secret?"), "Yes, make a new secret");
    await openSecret();
    // The card has the button once the new secret was opened.
    const { page } = trial.requester;
    const overlap = page.locator(".ac-adaptiveCard").filter({ hasText: "Two secrets work now" });
    await overlap.getByRole("button", { name: "Switched", exact: true }).last().click();
    await cardWith(trial.requester, "The old secret is removed");
  });

  it("denies with a reason only, which the requester reads", async () => {
    const denied = await ask("Fernhill");
    const card = await approvalCardOf(trial.approver, denied);
    await press(card, "Deny");
    await press(card, "Deny with this reason");
    await card.getByText("Say why: nothing is denied without a reason.").waitFor();
    await fill(card, "Why not? The person who asked will read this.", "Fernhill has one already.");
    await press(card, "Deny with this reason");

    const decided = await cardWith(trial.approver, /^Denied.*Fernhill has one already\./);
    assert.equal(await decided.getByRole("button").count(), 0);
    const told = await cardWith(trial.requester, /^Denied.*Fernhill has one already\./);
    assert.deepEqual(await missing(told, denied, "by: Priya Nair", "say request to ask again"), []);
  });

  it("goes on in the same folder: what waited can be approved, and the link comes", async () => {
    const waiting = await ask("Moorgate");
    await approvalCardOf(trial.approver, waiting);
    await trial.restart();
    await sayInPersonalChat(trial.approver, "pending");
    await press(await cardWith(trial.approver, waiting), "Approve");
    await cardWith(trial.requester, /Your secret is ready.*Identity Manager Moorgate/);
    const next = await ask("Northgate");
    await approve(next);
    await cardWith(trial.requester, /Your secret is ready.*Identity Manager Northgate/);
  });
});
