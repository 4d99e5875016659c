import assert from "node:assert/strict";
import fc from "fast-check";
import { sql } from "kysely";
import { actions } from "../../src/teams/actions.ts";
import { commands } from "../../src/teams/commands.ts";
import {
  aiko,
  channel,
  groupChat,
  type Journey,
  jonas,
  lena,
  mina,
  omar,
  personalChat,
  priya,
  startJourney,
  tomas,
} from "../support/journey.ts";
import { share } from "./size.ts";

const people = [mina, jonas, priya, tomas, aiko, lena, omar];
const odd = [
  "",
  " ",
  "0",
  "-1",
  "null",
  "REQ-",
  "REQ-AAAAAA",
  "__proto__",
  "constructor",
  "'; drop table requests; --",
  "\u202e",
  "💥",
  "<at>x</at>",
  "{{title}}",
  "${1}",
  "a".repeat(5_000),
];

/** Whatever may come to `/api/messages`, from people and from nobody: what is said, pressed and sent. */
describe("what comes to the bot", function () {
  this.timeout(3_600_000);
  let journey: Journey;
  /** Names of things that there are, and of things that there are not. */
  const names: string[] = [...odd];
  before(async () => {
    journey = await startJourney();
    const { id } = await journey.provisioned(mina);
    const waiting = await journey.ask(jonas);
    const { rows } = await sql<{ id: string }>`
      select client_id as id from registrations union select id from drafts union select key_id from keys`.execute(
      journey.carrier.db,
    );
    names.push(id, waiting.id, ...rows.map((row) => row.id), ...people.map((each) => each.id));
  });
  after(() => journey.close());

  const name = fc.nat().map((n) => names[n % names.length] ?? "");
  const value = fc.oneof(
    name,
    fc.constantFrom(...odd),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    // What cannot be made a text.
    fc.constant({ toString: null }),
    fc.string(),
    fc.jsonValue(),
  );
  const person = fc.constantFrom(...people);
  const place = fc.constantFrom<"own" | "channel" | "group">("own", "channel", "group");
  const placeOf = (where: "own" | "channel" | "group", who: { id: string }) =>
    ({ own: personalChat(who), channel, group: groupChat })[where];

  /** What is decided and made, and how far the audit is. */
  async function standing(): Promise<{ state: string; audited: number }> {
    const { rows } = await sql<{ state: string; audited: string }>`select
      (select coalesce(string_agg(id || state || revision || coalesce(decided_by_id, ''), ',' order by id), '') from requests)
      || (select coalesce(string_agg(id || state || owner_id || coalesce(co_owner_id, ''), ',' order by id), '') from registrations)
      as state, (select coalesce(max(n), 0) from audit) as audited`.execute(journey.carrier.db);
    return { state: rows[0]?.state ?? "", audited: Number(rows[0]?.audited) };
  }

  /** It is answered, and where anything is decided or made by it, the audit says so. */
  async function holds(send: () => Promise<{ status: number }>): Promise<void> {
    const before = await standing();
    const { status } = await send();
    // 501 is the Bot Framework's word for an invoke that the bot does not have.
    assert.ok(status < 500 || status === 501, `answered ${status}`);
    const after = await standing();
    if (after.state !== before.state)
      assert.ok(after.audited > before.audited, "a change without an audit line");
  }

  it("is answered, whatever is pressed, by whom and where", () =>
    fc.assert(
      fc.asyncProperty(
        person,
        place,
        fc.constantFrom(...Object.keys(actions), "no/such-verb", "toString", ""),
        fc.dictionary(
          fc.constantFrom(
            "request",
            "registration",
            "revision",
            "draft",
            "mark",
            "page",
            "reason",
            "denial",
            "question",
            "answer",
            "blueprint",
            "person",
            "offer",
            "finding",
            "filter",
            "whose",
            "after",
            "keyId",
            "q_name",
            "q_organization",
            "__proto__",
          ),
          value,
          { maxKeys: 8 },
        ),
        (who, where, verb, data) =>
          holds(() =>
            journey.teams.send({
              ...journey.teams.envelope(who, placeOf(where, who)),
              type: "invoke",
              name: "adaptiveCard/action",
              replyToId: "1",
              value: { action: { type: "Action.Execute", verb, data }, trigger: "manual" },
            }),
          ),
      ),
      share(0.28),
    ));

  it("is answered, whatever is said", () => {
    const word = fc.oneof(
      fc.constantFrom(...commands.map(({ pattern }) => /\w+/.exec(pattern.source)?.[0] ?? "")),
      fc.string(),
    );
    return fc.assert(
      fc.asyncProperty(
        person,
        place,
        word,
        fc.array(fc.oneof(name, fc.string()), { maxLength: 4 }),
        (who, where, first, rest) =>
          holds(() => journey.teams.say(who, placeOf(where, who), [first, ...rest].join(" "))),
      ),
      share(0.2),
    );
  });

  it("is answered, whatever an activity is made of", () => {
    const field = fc.constantFrom(
      "type",
      "id",
      "name",
      "text",
      "from",
      "recipient",
      "conversation",
      "channelId",
      "serviceUrl",
      "channelData",
      "entities",
      "value",
      "replyToId",
      "timestamp",
      "membersAdded",
      "action",
      "localTimezone",
    );
    const type = fc.constantFrom(
      "message",
      "invoke",
      "conversationUpdate",
      "installationUpdate",
      "messageReaction",
      "event",
      "typing",
      "endOfConversation",
      "x",
    );
    return fc.assert(
      fc.asyncProperty(
        person,
        type,
        fc.dictionary(field, fc.oneof(fc.jsonValue(), value), { maxKeys: 5 }),
        (who, kind, changed) =>
          holds(() => {
            const activity: Record<string, unknown> = {
              ...journey.teams.envelope(who, personalChat(who)),
              type: kind,
              text: "list",
              ...changed,
            };
            // Answers go where the activity says, and nobody is to be written to out there.
            if (changed.serviceUrl !== undefined && typeof changed.serviceUrl === "string")
              activity.serviceUrl = "";
            return journey.teams.send(activity);
          }),
      ),
      share(0.2),
    );
  });
});
