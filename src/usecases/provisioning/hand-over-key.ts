import type { Credential } from "../../domain/plan.ts";
import { makeKey, removeEarlierKeys } from "../handover/make-key.ts";
import { ChatFailure } from "../ports/chat.ts";
import type { StepRow } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { endRequest } from "./end-request.ts";
import { HandedOver, madeSoFar, type Work } from "./work.ts";

/** Makes the first key of a registration and sends its link: with that the request is provisioned. */
export async function handOverKey(
  world: World,
  work: Work,
  row: StepRow,
  credential: Extract<Credential, { kind: "secret" }>,
): Promise<HandedOver> {
  const { request, lease } = work;
  const { applicationObjectId, clientId, conversationId, since } = madeSoFar(work);
  const about = {
    request,
    credential,
    to: request.requester,
    conversationId,
    applicationObjectId,
    clientId,
    since,
  };
  const making: Parameters<typeof makeKey>[2] = {
    check: (tables) => tables.steps.check(lease),
    say: (tables, note) => tables.steps.write(lease, { ...row, note }),
    end: (tables, key) =>
      endRequest(tables, world, work, row, {
        outcome: { marker: key.marker },
        detail: { keyId: key.keyId },
        expiresAt: key.expiresAt,
      }),
  };
  await removeEarlierKeys(world, about, making);
  try {
    await makeKey(world, about, making);
  } catch (error) {
    if (error instanceof ChatFailure && error.kind === "unreachable") await waitForChat(world, work);
    throw error;
  }
  return new HandedOver();
}

/** The chat takes no messages any more (the person removed Usher): no key is made until there is one again. */
async function waitForChat(world: World, work: Work): Promise<void> {
  const { conversationId } = madeSoFar(work);
  const row = work.rows.find(({ step }) => step === "personal-chat");
  await world.store.inTransaction(async (tables) => {
    await tables.conversations.forget(conversationId);
    if (row) await tables.steps.write(work.lease, { ...row, state: "waiting", outcome: {}, attempts: 0 });
  });
}
