import { randomBytes, randomUUID } from "node:crypto";
import type { ConversationId, DraftId, RequestId } from "../../src/domain/ids.ts";
import {
  hashOfToken,
  newLinkToken,
  type SecretKeys,
  sealBinding,
  sealSecret,
} from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import type { Tables } from "../../src/usecases/ports/store.ts";
import { personOf } from "./approved.ts";
import { aPendingRequest, aRegistration } from "./builders.ts";
import { mina } from "./journey.ts";

export type DeliveredLink = { id: RequestId; token: string; secret: string; expiresAt: Date };

/**
 * A registration of Mina's with a one-time link that was delivered, straight into the rows: for tests that need many,
 * and care only for what comes after. Entra knows nothing of it.
 */
export async function deliveredLink(
  tables: Tables,
  keys: SecretKeys,
  given: { expiresAt?: Date } = {},
): Promise<DeliveredLink> {
  const requester = personOf(mina);
  const request = aPendingRequest({ requester });
  const origin = `a:${mina.id}` as ConversationId;
  await tables.requests.insert(request, { draft: randomUUID() as DraftId, origin, answers: {} });
  const decided = { decidedBy: requester, decidedAt: request.submittedAt };
  await tables.requests.change(request, { ...request, ...decided, state: "provisioned" });
  await tables.registrations.insert(
    aRegistration({
      id: request.id,
      owner: requester,
      createdAt: new Date(Date.now() - 86_400_000),
      clientId: randomUUID() as never,
    }),
  );
  return { id: request.id, ...(await anotherLink(tables, keys, request.id, given)) };
}

/** One more link to the same registration. */
export async function anotherLink(
  tables: Tables,
  keys: SecretKeys,
  id: RequestId,
  { expiresAt = new Date(Date.now() + 3_600_000) }: { expiresAt?: Date } = {},
) {
  const { userId } = personOf(mina);
  const token = newLinkToken();
  const secret = `canary~${randomBytes(16).toString("hex")}`;
  const sealed = sealSecret(new SecretText(secret), token, keys, sealBinding(id, userId));
  const tokenHash = hashOfToken(token);
  const link = { tokenHash, requestId: id, requester: userId, keyId: randomUUID(), sealed, expiresAt };
  await tables.links.insert({ ...link, state: "sealed", madeAt: new Date() });
  await tables.links.markDelivered(tokenHash, new Date());
  return { token: token.reveal(), secret, expiresAt };
}
