import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { Plan } from "../../src/domain/plan.ts";
import type { Registration } from "../../src/domain/registration.ts";
import type { In, RequestState } from "../../src/domain/request.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import {
  allPowersCard,
  alreadyCard,
  approvalCard,
  type Card,
  confirmRevokeCard,
  draftDoneCard,
  formCard,
  helpCard,
  messageCard,
  narrowCard,
  registrationCard,
  registrationsCard,
  requestCard,
  reviewCard,
  revokedCard,
  sentenceCard,
  threadCard,
} from "../../src/teams/cards.ts";
import { expandTemplate, type TemplateName } from "../../src/teams/expand.ts";
import type { RegistrationView, Viewer } from "../../src/usecases/lifecycle/show-registration.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import { someTermsNow } from "../support/builders.ts";
import { assertGoodCard, elements, hostile, linesOf, verbsOf, wordsOf } from "./reading.ts";
import {
  aCertificate,
  aDraft,
  ada,
  aForm,
  alan,
  allStates,
  aNarrowing,
  aPermission,
  aPlan,
  aRegistration,
  aRequest,
  aRole,
  aSaid,
  aView,
  aVote,
  draftId,
  grace,
  later,
  noon,
  requestId,
  somePermissions,
} from "./views.ts";

const folder = new URL("../../cards/", import.meta.url);

/** What can be pressed on the approvers' card, on the requester's, and on the message about what was decided. */
const toDecide = [
  "approval/approve",
  "approval/narrow",
  "approval/return",
  "approval/deny",
  "approval/refresh",
];
const toAnswer = ["request/answer", "request/edit", "request/withdraw"];
const toAccept = ["request/accept", "request/withdraw"];
const presses: Readonly<Record<RequestState, { approval: string[]; own: string[]; told: string[] }>> = {
  pending: { approval: toDecide, own: ["request/nudge", "request/withdraw", "request/show"], told: [] },
  returned: { approval: ["approval/deny", "approval/refresh"], own: toAnswer, told: toAnswer },
  offered: { approval: ["approval/deny", "approval/refresh"], own: toAccept, told: toAccept },
  expired: { approval: ["approval/refresh"], own: ["request/again"], told: ["request/again"] },
  denied: { approval: [], own: [], told: [] },
  withdrawn: { approval: [], own: [], told: [] },
  approved: { approval: ["approval/refresh"], own: [], told: [] },
  provisioned: { approval: [], own: [], told: [] },
  failed: { approval: ["provisioning/retry", "provisioning/clean"], own: [], told: [] },
  cleaning: { approval: ["approval/refresh"], own: [], told: [] },
  cleaned: { approval: [], own: [], told: [] },
};

describe("card templates", () => {
  const names = readdirSync(folder).flatMap(
    (file) => /^([a-z-]+)\.json$/.exec(file)?.[1] ?? [],
  ) as TemplateName[];

  it("are all there", () => {
    assert.ok(names.length >= 11, names.join(" "));
  });

  for (const name of names) {
    it(`${name} draws its sample`, () => {
      const sample = JSON.parse(readFileSync(new URL(`${name}.sample.json`, folder), "utf8"));
      const drawn = expandTemplate(name, sample);
      // A part of a card is looked at inside one.
      assertGoodCard(
        drawn.type === "AdaptiveCard" ? drawn : { type: "AdaptiveCard", version: "1.5", body: [drawn] },
      );
    });
  }

  it("go over their data once only", () => {
    const lines = [{ inlines: [{ type: "TextRun", text: "${title}" }] }];
    const card = expandTemplate("notice", { summary: "${title}", title: "Taken", lines });
    assert.equal(card.speak, "${title}");
    assert.deepEqual(linesOf(card), ["Taken", "${title}"]);
  });
});

describe("a request's cards", () => {
  for (const state of allStates) {
    it(`are drawn when it is ${state}`, () => {
      const view = aView(aRequest(state));
      const approval = approvalCard(view);
      const own = requestCard(view);
      const told = messageCard({ kind: "decision", view }).card!;
      for (const card of [approval, own, told]) assertGoodCard(card);
      assert.deepEqual(
        { approval: verbsOf(approval), own: verbsOf(own), told: verbsOf(told) },
        presses[state],
      );
    });
  }

  it("tell the approver who, which system, how dangerous and why, in this order, before anything else", () => {
    assert.deepEqual(linesOf(approvalCard(aView(aRequest("pending")))).slice(0, 6), [
      "Approve this app registration?",
      "Who: Ada Lovelace",
      "System: Netwrix Identity Manager",
      "Name: Netwrix Identity Manager Contoso",
      "High risk (1 of 3 permissions): it can read or change much of the organisation's data. Acts without a signed-in person.",
      "Why: The yearly review of access needs it.",
    ]);
  });

  it("carry the revision that they were drawn from", () => {
    const drawn = elements(approvalCard(aView(aRequest("pending")))).filter(
      ({ type }) => type === "Action.Execute",
    );
    for (const verb of ["approval/approve", "approval/narrow", "approval/return", "approval/deny"]) {
      const data = drawn.find((each) => each.verb === verb)?.data;
      assert.deepEqual(data, { verb, request: requestId, revision: 2 });
    }
  });

  it("need a reason to deny", () => {
    const denial = elements(approvalCard(aView(aRequest("pending")))).find(({ id }) => id === "denial");
    assert.deepEqual([denial?.isRequired, denial?.isMultiline], [true, true]);
  });

  it("say who decided, when and why", () => {
    const view = aView(aRequest("denied"));
    for (const card of [
      approvalCard(view),
      requestCard(view),
      messageCard({ kind: "decision", view }).card!,
    ]) {
      assert.match(
        wordsOf(card),
        /Denied on 20 Nov 2026, 14:05 UTC by: Grace Hopper\nReason: Ask for less\./,
      );
    }
  });

  it("say who can decide, and how long it has waited when asked", () => {
    const words = wordsOf(requestCard(aView(aRequest("pending")), { now: later }));
    assert.match(words, /Waits since: 20 Nov 2026, 12:00 UTC \(2 hours\)/);
    assert.match(words, /Can decide: Grace Hopper, Alan Turing/);
  });

  it("say when nobody can decide, when it is unknown who can, and when no channel is set", () => {
    const pending = aRequest("pending");
    assert.match(wordsOf(requestCard(aView(pending, { deciders: [] }))), /Nobody can decide yet/);
    const { deciders: _, ...unknown } = aView(pending);
    assert.match(wordsOf(requestCard({ ...unknown, deciders: undefined })), /could not be looked up/);
    assert.match(
      wordsOf(requestCard(aView(pending, { hasApprovalsChannel: false }))),
      /No approvals channel is set/,
    );
  });

  it("show each step with how far it is in words, and leave out grants that the plan does not need", () => {
    const plan = aPlan({ permissions: [aPermission("User.Read")] });
    const words = wordsOf(
      approvalCard(aView(aRequest("approved", { plan }), { permissions: [aPermission("User.Read")] })),
    );
    assert.match(words, /Done: the application\nWorking: its enterprise application/);
    assert.match(words, /Not yet: consent to what it does for signed-in people/);
    assert.match(
      words,
      /Waiting since 20 Nov 2026, 14:05 UTC: a personal chat for the one-time link\. Say hello to Usher alone\./,
    );
    assert.doesNotMatch(words, /by itself\n/);
  });

  it("hand over under the vendor's labels, without the secret, and number what to do next", () => {
    const words = wordsOf(requestCard(aView(aRequest("provisioned"))));
    assert.match(words, /Application ID\n12345678-0000-4000-8000-000000000001\nGoes in: Connections > Entra/);
    assert.match(words, /Tenant ID\n11111111-1111-4111-8111-111111111111/);
    assert.match(
      words,
      /Client Secret\nThe secret comes by a link in your personal chat with Usher. It works until 20 Nov 2027\./,
    );
    assert.match(words, /1\. Open the connector's settings\.\n2\. Paste the three values\./);
    assert.doesNotMatch(words, /Client ID/);
  });

  const credentials: Record<string, { credential: Plan["credential"]; expected: RegExp }> = {
    certificate: {
      credential: aCertificate,
      expected:
        /Signs in with your certificate\nThere is no secret\. [^\n]* until 20 Nov 2027\.\nThumbprint: A1B2C3/,
    },
    federated: {
      credential: {
        kind: "federated",
        name: "usher",
        issuer: "https://issuer.example/x",
        subject: "repo:a/b:ref:refs/heads/main",
        audience: "api://AzureADTokenExchange",
      },
      expected:
        /Issuer: https:\/\/issuer\.example\/x\nSubject: repo:a\/b:ref:refs\/heads\/main\nAudience: api:\/\/AzureADTokenExchange/,
    },
    none: { credential: { kind: "none" }, expected: /No credential\nIt has no credential/ },
  };
  for (const [kind, { credential, expected }] of Object.entries(credentials)) {
    it(`promise no secret where there is none, and say what to use: ${kind}`, () => {
      const plan = aPlan({ credential });
      for (const state of allStates) {
        const view = aView(aRequest(state, { plan }), {
          ...(state === "provisioned" && { registration: aRegistration("active", { plan }) }),
        });
        const own = requestCard(view);
        const told = messageCard({ kind: "decision", view }).card!;
        for (const card of [own, told, approvalCard(view)]) assertGoodCard(card);
        assert.doesNotMatch(`${wordsOf(own)}${wordsOf(told)}`, /link|Client Secret|secret was|and secret/);
        if (state === "provisioned") assert.match(wordsOf(own), expected);
      }
    });
  }

  it("say who can give the directory roles that Usher may not give", () => {
    const view = aView(aRequest("provisioned"), { missingRoles: ["Global Reader", "Reports Reader"] });
    for (const card of [requestCard(view), approvalCard(view)]) {
      assert.match(wordsOf(card), /may not give them: Global Reader, Reports Reader\n/);
      assert.match(wordsOf(card), /Ask a Privileged Role Administrator to give them to the app/);
    }
  });

  it("tell how far the new steps of a rich plan are", () => {
    const plan = aPlan({
      missingApis: [{ clientId: "x", name: "Azure Storage", createdBy: "usher" }],
      directoryRoles: [{ name: "Global Reader", templateId: "x" }],
      expose: { scopes: [] },
    });
    const words = wordsOf(requestCard(aView(aRequest("approved", { plan }))));
    assert.match(words, /: the APIs that this tenant did not have yet\n/);
    assert.match(words, /: its identifier URI\n/);
    assert.match(words, /: its directory roles\n/);
  });

  it("show the client ID even when the blueprint does not list it", () => {
    const plan = aPlan({ handover: [] });
    const view = aView(aRequest("provisioned", { plan }), { handover: [] });
    assert.match(wordsOf(requestCard(view)), /Client ID\n12345678-0000-4000-8000-000000000001/);
  });

  it("say that what was made has been revoked", () => {
    for (const state of ["revoking", "revoked"] as const) {
      const view = aView(aRequest("provisioned"), { registration: aRegistration(state) });
      for (const card of [approvalCard(view), requestCard(view)]) {
        assertGoodCard(card);
        assert.match(
          wordsOf(card),
          state === "revoking" ? /^Being revoked\n/ : /^Revoked\n[\s\S]*Revoked on .* by: Grace Hopper/,
        );
      }
      assert.doesNotMatch(wordsOf(requestCard(view)), /Paste the three values|The secret comes/);
    }
  });
});

describe("what Usher says by itself", () => {
  const about = { requestId, displayName: hostile };
  const url = new SecretText("https://usher.contoso.example/s/token");
  const messages: Message[] = [
    { kind: "approval", view: aView(aRequest("pending", { requester: { ...ada, name: hostile } })) },
    { kind: "request", view: aView(aRequest("approved")) },
    { kind: "decision", view: aView(aRequest("failed")) },
    { kind: "link", ...about, url, expiresAt: later },
    { kind: "link-gone", ...about, state: "revealed" },
    { kind: "link-gone", ...about, state: "expired" },
    { kind: "link-gone", ...about, state: "cancelled" },
    { kind: "link-tried", ...about, keyId: "k", at: noon.toISOString(), isLast: true },
    {
      kind: "link-opened",
      ...about,
      keyId: "k",
      at: noon.toISOString(),
      opening: { device: "Windows, Edge", by: { ...grace, name: hostile } },
    },
    { kind: "link-waits", ...about, keyId: "k", expiresAt: later },
    { kind: "ready", ...about, system: hostile },
    { kind: "certificate-wanted", system: hostile, label: hostile, url, expiresAt: later },
    { kind: "form", view: aForm({ title: hostile }) },
    { kind: "no-approvals-channel", requestId, requester: { ...ada, name: hostile } },
    { kind: "approvals-channel-moved", by: { ...grace, name: hostile } },
    { kind: "approval-card-lost", requestId },
    { kind: "open-personal-chat", requestId },
    { kind: "revoked", ...about, by: { ...grace, name: hostile } },
    { kind: "no-approvers", requestId, requester: { ...ada, name: hostile }, why: "not-set" },
    { kind: "no-approvers", requestId, requester: { ...ada, name: hostile }, why: "empty" },
    { kind: "no-approvers", requestId, requester: { ...ada, name: hostile }, why: "unreadable" },
    { kind: "waits-too-long", requestId, requester: { ...ada, name: hostile }, since: noon.toISOString() },
    { kind: "addressed", to: hostile, message: { kind: "approval-card-lost", requestId } },
    {
      kind: "addressed",
      to: hostile,
      message: { kind: "ready", requestId, displayName: hostile, system: hostile },
    },
    { kind: "unreached", to: hostile, requestId, displayName: hostile, about: "decision returned" },
    { kind: "unreached", to: hostile, requestId, displayName: hostile, about: "expiry", isForAdmin: true },
    { kind: "unreached", requestId, displayName: hostile, about: "approval", isForAdmin: true },
  ];

  for (const [at, message] of messages.entries()) {
    it(`is drawn: ${message.kind} (${at})`, () => {
      const { card, text, summary } = messageCard(message);
      assert.ok(card !== undefined || text !== undefined);
      if (card) assertGoodCard(card, { mayHoldExpressions: true });
      assert.doesNotMatch(`${text}${summary}`, /<at>|\u202E|\n/);
      assert.ok(summary.length > 10);
    });
  }

  it("opens the secret with a button, and says for whom, how often and until when", () => {
    const { card } = messageCard({ kind: "link", requestId, displayName: "x", url, expiresAt: later });
    assert.deepEqual(
      elements(card)
        .filter(({ type }) => type === "Action.OpenUrl")
        .map((each) => each.url),
      [url.reveal()],
    );
    assert.match(wordsOf(card!), /Only you can open it, and only once, until 20 Nov 2026, 14:05 UTC/);
  });

  it("shows the link nowhere but on the button", () => {
    const { card, summary } = messageCard({
      kind: "link",
      requestId,
      displayName: "x",
      url,
      expiresAt: later,
    });
    assert.equal(JSON.stringify({ card, summary }).split(url.reveal()).length, 2);
  });
});

describe("the other cards", () => {
  it("list registrations, each with a button for its details", () => {
    const other = aRegistration("active", { owner: grace, coOwner: ada });
    const rows = [aRegistration("active"), aRegistration("revoking"), aRegistration("revoked"), other];
    const own = registrationsCard({ listing: { scope: "own" }, rows, next: "x", now: noon });
    const listing = { scope: "all", after: "y", filter: hostile } as const;
    const all = registrationsCard({ listing, rows, now: noon });
    for (const card of [own, all]) assertGoodCard(card, { mayHoldExpressions: true });
    const details = rows.map(() => "registration/show");
    assert.deepEqual(verbsOf(own), [...details, "list/page"]);
    assert.deepEqual(verbsOf(all), details);
    const press = elements(all).find(({ verb }) => verb === "registration/show");
    const registration = rows[0]?.id;
    assert.deepEqual(press?.data, { verb: "registration/show", registration, ...listing });
    assert.match(wordsOf(own), /Active, its secret works until 20 Nov 2027 \(365 days left\)/);
    assert.match(wordsOf(all), /Owner: Grace Hopper\nSecond owner: Ada/);
    assertGoodCard(registrationsCard({ listing: { scope: "own" }, rows: [], now: noon }));
  });

  it("show one registration with what its owner, an approver and both may do with it as it stands", () => {
    const [owner, approver] = [
      { isOwner: true, isApproverOrAdmin: false },
      { isOwner: false, isApproverOrAdmin: true },
    ];
    const both = { isOwner: true, isApproverOrAdmin: true };
    const end = { endsAt: later, keyId: "old" };
    const newKey = { id: aRegistration("active").id, by: ada, at: noon, attempts: 0 };
    const drift = ["drift/check", "registration/revoke"];
    const own = ["drift/check", "ownership/ask", "registration/revoke"];
    const cases: [Registration["state"], RegistrationView["secret"], Viewer, string[]][] = [
      ["active", { keyId: "k" }, owner, ["rotation/ask", "key/lost", ...own]],
      ["active", { keyId: "k" }, approver, ["rotation/ask", ...drift]],
      ["active", { keyId: "k", link: { state: "sealed", expiresAt: later } }, owner, ["key/lost", ...own]],
      ["active", { keyId: "k", link: { state: "sealed", expiresAt: later } }, approver, drift],
      [
        "active",
        { keyId: "k", retiring: { ...end, isUnopened: false } },
        owner,
        ["rotation/switched", "rotation/cancel", ...own],
      ],
      [
        "active",
        { keyId: "k", retiring: { ...end, isUnopened: false } },
        approver,
        ["rotation/cancel", ...drift],
      ],
      ["active", { keyId: "k", newKey: { ...newKey, why: "rotate" } }, owner, ["rotation/cancel", ...own]],
      ["active", { newKey: { ...newKey, why: "lost" } }, owner, own],
      ["active", {}, owner, ["key/new", ...own]],
      ["active", {}, approver, drift],
      ["revoking", undefined, both, []],
      ["revoked", undefined, owner, []],
      ["revoked", undefined, both, []],
      ["revoked", undefined, approver, ["registration/restore"]],
    ];
    for (const [state, secret, viewer, acts] of cases) {
      const view = {
        registration: aRegistration(state),
        viewer,
        now: later,
        differs: 2,
        ...(secret && { secret }),
      };
      const card = registrationCard(view, { scope: "all", filter: hostile });
      assertGoodCard(card, { mayHoldExpressions: true });
      assert.deepEqual(verbsOf(card), [...acts, "list/page"], JSON.stringify([state, secret, viewer]));
    }
    const revoked = aRegistration("revoked");
    const late = new Date(later.getTime() + 31 * 86_400_000);
    const card = registrationCard({ registration: revoked, viewer: approver, now: late, differs: 0 });
    assert.deepEqual(verbsOf(card), []);
    assert.match(wordsOf(card), new RegExp(`Object ID: ${revoked.applicationObjectId}`));
  });

  it("promise no end of a secret where there is none", () => {
    const certificate = aRegistration("active", { plan: aPlan({ credential: aCertificate }) });
    const federated = aRegistration("active", { plan: aPlan({ credential: { kind: "none" } }) });
    delete federated.expiresAt;
    const card = registrationsCard({ listing: { scope: "own" }, rows: [certificate, federated], now: noon });
    assertGoodCard(card);
    assert.match(wordsOf(card), /Active, its certificate works until 20 Nov 2027/);
    assert.match(wordsOf(card), /Active, nothing of it expires/);
    for (const row of [certificate, federated]) {
      assert.doesNotMatch(wordsOf(confirmRevokeCard(row)), /secret/);
      const revoked = { ...row, state: "revoked", revokedBy: grace, revokedAt: later } as const;
      assert.doesNotMatch(wordsOf(revokedCard(revoked)), /secret/);
    }
  });

  it("list twenty registrations with long names", () => {
    const row = aRegistration("active", {
      plan: aPlan({ displayName: "漢".repeat(120) }),
      owner: { ...ada, name: "漢".repeat(60) },
    });
    const rows = Array.from({ length: 20 }, () => row);
    const card = registrationsCard({ listing: { scope: "all" }, rows, next: "x", now: noon });
    assertGoodCard(card);
    assert.equal(linesOf(card).filter((line) => line.startsWith("漢漢漢")).length, 20);
    assert.ok(verbsOf(card).includes("list/page"));
  });

  it("ask once before revoking, and say what became of it", () => {
    const confirm = confirmRevokeCard(aRegistration("active"));
    assertGoodCard(confirm);
    assert.deepEqual(verbsOf(confirm), ["registration/confirm-revoke", "registration/keep"]);
    for (const state of ["active", "revoking", "revoked"] as const)
      assertGoodCard(revokedCard(aRegistration(state)));
    assert.match(
      wordsOf(revokedCard(aRegistration("revoked"))),
      /Entra keeps the application until 20 Dec 2026/,
    );
  });

  it("list the commands that a person has", () => {
    const [plain, full] = [
      helpCard({ isApprover: false, isAdmin: false }),
      helpCard({ isApprover: true, isAdmin: true }),
    ];
    for (const card of [plain, full, draftDoneCard(), sentenceCard("Refused", hostile)]) {
      assertGoodCard(card, { mayHoldExpressions: true });
    }
    assert.doesNotMatch(wordsOf(plain), /approve REQ|approvals here/);
    assert.match(wordsOf(full), /approve REQ-… rN: [\s\S]*approvals here: /);
  });
});

describe("text that people typed", () => {
  const typist = { ...ada, name: `${hostile} name` };
  const plan = aPlan({
    displayName: `${hostile} app`,
    redirects: [{ platform: "web", uri: `${hostile} uri` }],
    credential: { kind: "secret", label: `${hostile} label`, months: 1 },
    appRoles: [
      {
        value: "Reader",
        name: "Reader",
        description: `${hostile} app role`,
        members: ["User", "Application"],
      },
    ],
    expose: { scopes: [{ value: "Read", name: "Read", description: `${hostile} scope`, who: "admins" }] },
    azureRoles: [{ role: "Reader", scope: `${hostile} scope` }],
    missingApis: [{ clientId: "x", name: `${hostile} API`, createdBy: "usher" }],
    next: [`${hostile} next`],
  });
  const typedPermissions = [
    { ...aPermission("User.Read"), apiName: hostile, allows: hostile },
    ...somePermissions,
  ];
  const own = { requester: typist, plan, reason: `${hostile} reason` };
  const decider = { ...grace, name: `${hostile} decider` };
  const registration = aRegistration("active", { plan, owner: typist });
  const cards: Record<string, Card> = {
    form: formCard(
      aForm({
        about: [hostile],
        values: { name: hostile, graph: hostile, pem: hostile },
        errors: { name: hostile },
        sentences: [hostile],
      }),
    ),
    review: reviewCard(aDraft({ plan, permissions: typedPermissions, reason: own.reason })),
    registrations: registrationsCard({
      listing: { scope: "all", filter: hostile },
      rows: [registration],
      now: noon,
    }),
    registration: registrationCard({
      registration: { ...registration, coOwner: decider },
      viewer: { isOwner: true, isApproverOrAdmin: false },
      now: noon,
      differs: 1,
    }),
    confirm: confirmRevokeCard(registration),
    revoked: revokedCard({ ...registration, state: "revoked", revokedBy: decider, revokedAt: later }),
    done: draftDoneCard(hostile),
    narrow: narrowCard(
      aNarrowing({
        plan,
        requester: typist,
        permissions: [{ key: "x", permission: { ...aPermission(hostile), apiName: hostile } }],
        redirects: [{ key: "y", uri: hostile }],
        roles: [{ templateId: "z", role: aRole(hostile) }],
        sentences: [hostile],
        note: hostile,
      }),
    ),
    powers: allPowersCard(aView(aRequest("pending", own), { permissions: typedPermissions }), 0),
    thread: threadCard({ ...aRequest("pending", own), thread: [aSaid({ text: hostile, by: typist })] }),
    already: alreadyCard({
      draftId,
      requests: [aRequest("pending", own) as In<"pending">],
      registrations: [registration],
    }),
    sentence: sentenceCard("Refused", hostile),
  };
  for (const state of allStates) {
    const request = aRequest(state, own);
    const told = {
      ...request,
      thread: [aSaid({ by: decider, text: hostile, kind: state === "offered" ? "offer" : "answer" })],
      votes: [aVote({ approver: { ...alan, name: hostile }, reason: hostile })],
      ...("decidedBy" in request && { decidedBy: decider }),
      ...("returnedBy" in request && { returnedBy: decider, question: hostile }),
      ...("offeredBy" in request && { offeredBy: decider }),
      ...(request.state === "denied" && { denial: hostile }),
      ...(request.state === "failed" && { failure: hostile }),
    } as typeof request;
    const view = aView(told, {
      ...(state === "pending" && { deciders: [hostile, hostile] }),
      decidersGroup: hostile,
      alternates: [hostile],
      policyRefusals: [hostile],
      terms: someTermsNow({ changes: [hostile] }),
      changes: [
        { what: "redirect", change: "dropped", uri: hostile },
        { what: "name", from: hostile, to: hostile },
        { what: "permission", change: "added", permission: aPermission(hostile) },
        { what: "role", change: "dropped", name: hostile },
      ],
      steps: [{ step: "application", state: "waiting", since: later, note: hostile }],
      handover: [{ label: "Tenant ID", value: hostile, where: hostile }],
      missingRoles: [hostile],
      permissions: typedPermissions,
      ...(state === "provisioned" && { registration }),
    });
    cards[`approval ${state}`] = approvalCard(view);
    cards[`approval ${state}, after a press`] = approvalCard(view, { note: hostile, for: "onlooker" });
    cards[`request ${state}`] = requestCard(view);
    cards[`request ${state}, after a press`] = requestCard(view, { note: hostile, now: later });
    cards[`decision ${state}`] = messageCard({ kind: "decision", view }).card!;
  }

  for (const [name, card] of Object.entries(cards)) {
    it(`stays text, exactly, on the card: ${name}`, () => {
      assertGoodCard(card, { mayHoldExpressions: true });
      assert.ok(wordsOf(card).includes(hostile), "the text is not there as it was typed");
      for (const node of elements(card)) {
        for (const [key, value] of Object.entries(node)) {
          if (typeof value !== "string" || !/evil|<at>|\$\{|\u202E/.test(value)) continue;
          const where = `${node.type}.${key}`;
          assert.ok(where === "TextRun.text" || where === "Input.Text.value", `typed text in ${where}`);
          // Clients turn {{DATE(…)}} into a date inside one run.
          if (where === "TextRun.text") assert.doesNotMatch(value, /\{\{/);
        }
      }
    });
  }

  it("keeps its line breaks and right-to-left writing", () => {
    const reason = "first line\nשלום עולם\u200F\nlast line";
    assert.ok(wordsOf(approvalCard(aView(aRequest("pending", { reason })))).includes(`Why: ${reason}`));
  });

  it("is last in its line, so that it turns the direction of nothing else", () => {
    const line = linesOf(approvalCard(aView(aRequest("pending", own)))).find((each) =>
      each.startsWith("Who: "),
    );
    assert.ok(line?.endsWith(typist.name));
  });
});
