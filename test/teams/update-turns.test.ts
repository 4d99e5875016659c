import assert from "node:assert/strict";
import type { ConversationId } from "../../src/domain/ids.ts";
import { updateTurns } from "../../src/teams/update-turns.ts";
import { afterNoon } from "../support/builders.ts";

const channel = "19:approvals@thread.tacv2" as ConversationId;
const chat = "a:ada" as ConversationId;

describe("turns to redraw cards in a conversation", () => {
  let ms: number;
  let turn: ReturnType<typeof updateTurns>;
  beforeEach(() => {
    ms = 0;
    turn = updateTurns({ now: () => afterNoon(ms) }, 1000);
  });
  const progress = (id = channel) => turn(id, false).then(({ inMs }) => inMs);
  const final = (id = channel) => turn(id, true).then(({ inMs }) => inMs);

  it("come at once, and then one each second", async () => {
    assert.deepEqual([await progress(), await progress(), await progress()], [0, 1000, 2000]);
    ms = 3500;
    assert.equal(await progress(), 0);
  });

  it("are each conversation's own; threads of one channel share theirs", async () => {
    assert.equal(await progress(), 0);
    assert.equal(await progress(chat), 0);
    assert.equal(await progress(`${channel};messageid=1` as ConversationId), 1000);
  });

  it("are not waited for in a long line: who finds one asks again", async () => {
    for (let n = 0; n <= 30; n++) assert.ok((await turn(channel, false)).isTaken);
    assert.deepEqual(await turn(channel, false), { inMs: 30_000, isTaken: false });
    assert.deepEqual(await turn(channel, false), { inMs: 30_000, isTaken: false });
  });

  it("go past the line for what is final, a second after the last at the latest", async () => {
    for (let n = 0; n < 10; n++) await progress();
    ms = 300;
    assert.equal(await final(), 700);
    ms = 4_600;
    assert.equal(await final(), 400);
    assert.ok((await final()) <= 1000);
    assert.ok((await final()) <= 1000);
  });

  it("come at once for what is final when nothing was redrawn within the second", async () => {
    assert.equal(await progress(), 0);
    ms = 1000;
    assert.equal(await final(), 0);
    assert.equal(await progress(), 1000);
  });
});
