import assert from "node:assert/strict";
import type { StepName, StepState } from "../../src/domain/provisioning.ts";
import { isUnclear, whatExists, whatStays } from "../../src/domain/what-exists.ts";
import { aPermission, aPlan, aRequestId } from "../support/builders.ts";

const id = aRequestId();
const clientId = "dddddddd-0000-4000-8000-00000000c11d";
const partnerCenter = { clientId: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd", name: "Microsoft Partner Center" };
const plan = aPlan({
  permissions: [aPermission({ name: "User.Read" }), aPermission({ name: "Mail.Read", kind: "application" })],
  directoryRoles: [
    { name: "User Administrator", templateId: "1" },
    { name: "Reports Reader", templateId: "2" },
  ],
  missingApis: [{ ...partnerCenter, createdBy: "usher" }],
});
const row = (step: StepName, state: StepState, outcome: Record<string, string> = {}) => ({
  step,
  state,
  outcome,
  attempts: 1,
  intent: {} as Record<string, string>,
});
const made = row("application", "done", { clientId });
type Rows = Parameters<typeof whatExists>[1];
const exists = (...rows: Rows) => whatExists({ id, plan }, rows);

describe("what exists of a request that could not be made", () => {
  const registration = `The app registration exists in Entra (client ID ${clientId}), without a usable secret.`;
  const apis =
    "Enterprise applications for Microsoft Partner Center may have been made; they stay, since others may use them.";
  const table: [what: string, rows: Rows, sentence: string][] = [
    ["before anything was begun", [], "Nothing of it is in Entra."],
    ["with only the APIs", [row("missing-apis", "done")], apis],
    [
      "when nobody knows whether the application was made",
      [{ ...row("application", "failed"), attempts: 2 }],
      `An app registration may exist in Entra, without a secret: it would bear the tag usher-request:${id}.`,
    ],
    [
      "when Entra refused the application at once",
      [row("application", "failed")],
      "Nothing of it is in Entra.",
    ],
    [
      "when the name was another's",
      [row("application", "failed", { foreign: "true" })],
      "Nothing of it is in Entra.",
    ],
    ["with the application", [made], registration],
    [
      "with a service principal that may exist",
      [made, row("service-principal", "failed")],
      `${registration} Its enterprise application may exist.`,
    ],
    [
      "with consents and the roles that Usher could give, by name",
      [
        made,
        row("service-principal", "done"),
        row("application-permissions", "done"),
        row("delegated-permissions", "intended"),
        row("directory-roles", "done", { rolesMissing: "Reports Reader" }),
      ],
      `${registration} Its enterprise application exists. It has consent to Mail.Read. It may have consent, for signed-in people, to User.Read. It has the directory roles User Administrator.`,
    ],
    [
      "half undone",
      [
        { ...made, state: "undoing" },
        row("service-principal", "undone"),
        row("application-permissions", "undone"),
        row("directory-roles", "undoing"),
      ],
      `${registration} Its enterprise application is disabled: nobody signs in with it. It may have the directory roles User Administrator, Reports Reader.`,
    ],
    ["undone", [{ ...made, state: "undone" }], "Nothing of it is in Entra."],
  ];
  for (const [what, rows, sentence] of table) {
    it(`is said ${what}`, () => assert.equal(exists(...rows), sentence));
  }

  it("names ten permissions and how many more there are", () => {
    const permissions = Array.from({ length: 12 }, (_, n) =>
      aPermission({ name: `P${n}`, kind: "application" }),
    );
    const sentence = whatExists({ id, plan: aPlan({ permissions }) }, [
      made,
      row("application-permissions", "done"),
    ]);
    assert.match(sentence, /It has consent to P0, P1, .*P9 and 2 more\.$/);
  });

  it("has no consent where the plan leaves it to the requester", () => {
    const sentence = whatExists({ id, plan: aPlan({ consent: "optional" }) }, [
      made,
      row("application-permissions", "done"),
    ]);
    assert.equal(sentence, registration);
  });
});

describe("what stays after a clean-up", () => {
  it("is nothing, mostly", () => {
    assert.equal(whatStays({ plan }, [{ ...made, state: "undone" }]), undefined);
  });

  it("is another's application, and the APIs that others may use", () => {
    const stays = whatStays({ plan }, [
      row("missing-apis", "undone"),
      row("application", "undone", { foreign: "true" }),
    ]);
    assert.match(
      stays ?? "",
      /Usher did not make.*not touched it\. Enterprise applications for Microsoft Partner/,
    );
  });
});

describe("whether a step that failed may have worked", () => {
  const failed = { state: "failed", attempts: 1, intent: {} } as const;
  it("is clear after one attempt that was refused for good", () => assert.equal(isUnclear(failed), false));
  it("is not clear after several, nor when the answer to one was never seen", () => {
    assert.equal(isUnclear({ ...failed, attempts: 2 }), true);
    assert.equal(isUnclear({ ...failed, state: "intended" }), true);
    assert.equal(isUnclear({ ...failed, state: "waiting" }), true);
  });
  it("stays unclear when it is tried anew", () =>
    assert.equal(isUnclear({ ...failed, intent: { unclear: "true" } }), true));
});
