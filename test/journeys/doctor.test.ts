import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import type { GroupId } from "../../src/domain/ids.ts";
import { type ChatMessage, textsOf } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import type { Schema } from "../../src/store/schema.ts";
import { onDisk } from "../support/carriers.ts";
import {
  aiko,
  channel,
  type Journey,
  mina,
  personalChat,
  priya,
  readingOf,
  startJourney,
  tomas,
} from "../support/journey.ts";
import { catalogWithPolicy, changePolicy } from "../support/policy.ts";

const unknownGroup = "bbbbbbbb-0000-4000-8000-000000000099" as GroupId;
const { provisioning, consent, signin } = company.clients;

/** Its words, with a space between. */
const reading = (message: ChatMessage) => readingOf(message).replaceAll(/ +/g, " ");

describe("doctor, said to Usher", () => {
  let journey: Journey;
  const catalogDir = catalogWithPolicy({ policy: 1 });
  before(async () => {
    journey = await startJourney({ carrier: () => onDisk<Schema>(), config: { catalogDir } });
  });
  after(() => journey.close());

  /** What the admin is answered, as one text. */
  async function asked(who = aiko, place = personalChat(who)): Promise<string> {
    const { teams } = journey;
    const before = teams.messages.length;
    await teams.say(who, place, "doctor");
    const answer = teams.messages.slice(before).find(({ conversationId }) => conversationId === place.id);
    assert.ok(answer, "it answers");
    return reading(answer);
  }
  /** The lines under the heading, up to the next one. */
  const wrongIn = (text: string) =>
    /things? (?:is|are) wrong Wrong (.*?)(?: Not to be judged| Well |$)/s.exec(text)?.[1];
  const rights = (of: { clientId: string }, roles: readonly string[]) =>
    journey.sim("PUT", `/identities/${of.clientId}`, { roles });
  const approvers = (members: readonly { id: string }[]) =>
    journey.sim("PUT", `/groups/${company.groups.approvers}/members`, {
      members: members.map(({ id }) => id),
    });

  it("finds nothing wrong in the simulated tenant, and says what it has proved", async () => {
    const text = await asked();
    assert.match(text, /^Nothing is wrong Well /);
    for (const line of [
      /Configuration: Each variable is set/,
      /Database: The embedded PostgreSQL 18/,
      /Rights for provisioning: It signs in, and holds each right/,
      /Rights for consent: It signs in, and holds each right/,
      /The bot's token: The trial/,
      /Group of the admins: Integration admins holds 1 person\./,
      /Group of the approvers: Integration approvers holds 2 people\. Nobody decides on their own/,
      /Approvals channel: Teams tells Usher who is there/,
      /Personal messages: Usher has a personal chat with you/,
      /Public address: http:\/\/127\.0\.0\.1:\d+ leads to Usher/,
      /Sign-in for links: Its redirect address is registered/,
      /Catalogue and policy: \d+ blueprints/,
      /Clocks: This machine's clock agrees with Microsoft Graph and the sign-in service/,
      /Objects in Entra: Usher's identity owns 0 objects/,
    ])
      assert.match(text, line);
    for (const secret of [provisioning.secret, consent.secret, signin.secret])
      assert.doesNotMatch(text, new RegExp(secret));
    const [line] = (await journey.audited("settings")).filter(({ what }) => what === "doctor.asked");
    assert.deepEqual(line, { what: "doctor.asked", who: aiko.id, outcome: "well", surface: "command" });
  });

  it("is for admins only, and leaves a line about everybody else", async () => {
    assert.match(await asked(mina), /Only an admin/);
    const lines = (await journey.audited("settings")).filter(({ who }) => who === mina.id);
    assert.deepEqual(lines, [
      { what: "doctor.asked", who: mina.id, outcome: "not-admin", surface: "command" },
    ]);
  });

  /** Makes one thing wrong, and good again. */
  const cases: [title: string, says: RegExp, make: () => Promise<unknown>, mend: () => Promise<unknown>][] = [
    [
      "a right that is missing",
      /^Rights for consent: RoleManagement\.Read\.Directory is missing\. Usher needs it to see which directory roles/,
      () =>
        rights(
          consent,
          consent.roles.filter((role) => role !== "RoleManagement.Read.Directory"),
        ),
      () => rights(consent, consent.roles),
    ],
    [
      "a right that nothing needs",
      /^Rights for consent: It holds what Usher never uses: Mail\.Read\. Next: Take it away/,
      () => rights(consent, [...consent.roles, "Mail.Read"]),
      () => rights(consent, consent.roles),
    ],
    [
      "a group with too few approvers",
      /^Group of the approvers: Integration approvers holds 1 person, and some requests need 2 approvals\./,
      () => approvers([priya]),
      () => approvers([priya, tomas]),
    ],
    [
      "an empty group",
      /^Group of the approvers: Integration approvers holds nobody/,
      () => approvers([]),
      () => approvers([priya, tomas]),
    ],
    [
      "a group that policy names and that there is not",
      /^Group of who may ask: There is no group bbbbbbbb-0000-4000-8000-000000000099/,
      async () => changePolicy(journey, { policy: 1, mayAsk: [{ group: unknownGroup }] }),
      async () => changePolicy(journey, { policy: 1 }),
    ],
    [
      "a sign-in that does not say when it was, where policy wants to know",
      /^Sign-in for links: Policy wants a fresh sign-in/,
      async () => changePolicy(journey, { policy: 1, ranks: { tier0: { freshSignIn: true } } }),
      async () => changePolicy(journey, { policy: 1 }),
    ],
    [
      "a blueprint that is wrong",
      /^Catalogue and policy: .*broken\.yaml/,
      async () => {
        writeFileSync(`${catalogDir}/broken.yaml`, "blueprint: 1\n");
        journey.readCatalog();
      },
      async () => {
        rmSync(`${catalogDir}/broken.yaml`);
        journey.readCatalog();
      },
    ],
    [
      "a channel that Usher was removed from",
      /^Approvals channel: Teams does not let Usher into it/,
      async () =>
        journey.teams.onCall(({ method }) =>
          method === "GET" ? { status: 403, code: "BotNotInConversationRoster" } : undefined,
        ),
      async () => journey.teams.onCall(() => undefined),
    ],
    [
      "no approvals channel",
      /^Approvals channel: None is set/,
      () => journey.carrier.db.deleteFrom("settings").execute(),
      () => journey.world.store.tables.conversations.setApprovalsChannel(channel.id as never),
    ],
    [
      "a clock that is late",
      /^Clocks: This machine is \d+ seconds ahead of Microsoft Graph.*ahead of the sign-in service/s,
      async () => journey.turnClock(600_000),
      async () => journey.turnClock(-600_000),
    ],
    [
      "a check that Graph does not answer",
      /^Objects in Entra: Microsoft Graph has trouble of its own/,
      () => journey.sim("POST", "/faults", { path: "/ownedObjects", kind: "503", times: 10 }),
      () => journey.sim("DELETE", "/faults"),
    ],
  ];
  for (const [title, says, make, mend] of cases)
    it(`names ${title}, and nothing else`, async () => {
      await make();
      try {
        const wrong = wrongIn(await asked()) ?? "";
        assert.match(wrong, says);
        assert.match(wrong, /Next: \S/);
        const subjects = [
          ...wrong.matchAll(
            /(?:^| )(Rights|Group|Sign-in|Catalogue|Approvals|Clocks|Objects|Database|Public)\b[^:]*: /g,
          ),
        ];
        assert.equal(new Set(subjects.map(([, subject]) => subject)).size, 1, wrong);
      } finally {
        await mend();
      }
      assert.match(await asked(), /^Nothing is wrong/);
    });
});

describe("doctor, where the address and the sign-in are others", () => {
  let journey: Journey;
  before(async () => {
    const publicUrl = "https://usher.invalid";
    journey = await startJourney({ config: { publicUrl, adminsGroup: company.groups.admins as GroupId } });
  });
  after(() => journey.close());

  it("says what is wrong, what cannot be judged, and what the text of the message says without the card", async () => {
    const place = channel;
    await journey.teams.say(aiko, place, "doctor");
    const answer = journey.teams.messages.findLast(({ card }) =>
      textsOf(card).join(" ").includes("Sign-in for links"),
    );
    const text = answer ? reading(answer) : "";
    assert.match(text, /Database: fsync is off/);
    assert.match(text, /usher\.invalid\/s\/callback is none of its redirect addresses/);
    assert.match(
      text,
      /Not to be judged from here Public address: https:\/\/usher\.invalid was not reached from here/,
    );
    assert.match(text, /Personal messages: Usher has no personal chat with you/);
    assert.match(
      String(answer?.card?.fallbackText),
      /^Doctor: 3 things are wrong, 1 could not be judged.*Sign-in/s,
    );
  });
});

describe("npm run doctor", () => {
  const script = new URL("../../src/doctor.ts", import.meta.url).pathname;
  function run(
    environment: Record<string, string>,
  ): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [script], {
      env: { PATH: process.env.PATH ?? "", ...environment },
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (err += chunk));
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
  }

  it("names each variable that is missing or wrong", async () => {
    const { code, out, err } = await run({ BOT_TYPE: "UserAssignedMSI", PORT: "many" });
    assert.deepEqual([code, err], [1, ""]);
    for (const name of ["BOT_ID", "BOT_TENANT_ID", "SECRET_KEY", "PUBLIC_URL", "PORT"])
      assert.match(out, new RegExp(`^WRONG +Configuration: ${name} is `, "m"));
  });

  it("goes on with what can be judged where nothing answers, and shows no secret", async () => {
    const nowhere = "https://127.0.0.1:1";
    const guid = "11111111-1111-4111-8111-111111111111";
    const key = Buffer.alloc(32, 7).toString("base64");
    const { code, out, err } = await run({
      BOT_ID: guid,
      BOT_TENANT_ID: guid,
      BOT_TYPE: "SingleTenant",
      BOT_PASSWORD: "the-bots-own-password",
      SECRET_KEY: key,
      PUBLIC_URL: nowhere,
      GRAPH_URL: nowhere,
      AUTHORITY_URL: nowhere,
      DATABASE_URL: "postgres://usher:topsecret@127.0.0.1:1/usher",
    });
    assert.deepEqual([code, err], [1, ""]);
    assert.match(out, /^WRONG +Database: PostgreSQL cannot be reached/m);
    assert.match(out, /^WRONG +Clocks: There was no answer from Microsoft Graph/m);
    assert.match(out, /^ok +Catalogue and policy/m);
    assert.match(out, /^unknown +Public address/m);
    assert.match(out, /^WRONG +The bot's token.*\n +LOG_LEVEL=debug npm run doctor shows/m);
    assert.doesNotMatch(out, /topsecret|the-bots-own-password/);
    assert.equal(out.includes(key), false);
  });
});
