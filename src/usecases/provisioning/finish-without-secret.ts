import type { Plan } from "../../domain/plan.ts";
import type { StepRow } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { endRequest, type MadeCredential } from "./end-request.ts";
import { HandedOver, madeSoFar, type Work } from "./work.ts";

type WithoutSecret = Exclude<Plan["credential"], { kind: "secret" }>;

/**
 * Adds the certificate or the federated credential, where there is one, and tells the requester that it is ready: they
 * hold the key themselves, so what they need stands on the card and no link is made.
 */
export async function finishWithoutSecret(
  world: World,
  work: Work,
  row: StepRow,
  credential: WithoutSecret,
): Promise<HandedOver> {
  const { request } = work;
  const made = await addCredential(world, work, credential);
  await world.store.inTransaction(async (tables) => {
    await endRequest(tables, world, work, row, made);
    const origin = await tables.requests.origin(request.id);
    await tables.posts.add({
      ...newPost(request.id, "note", world.clock.now()),
      place: { kind: "personal", userId: request.requester.userId, ...(origin && { fallback: origin }) },
      message: {
        kind: "ready",
        requestId: request.id,
        displayName: request.plan.displayName,
        system: request.plan.blueprint.title,
      },
    });
  });
  world.log.info({ requestId: request.id, clientId: madeSoFar(work).clientId }, "ready without a secret");
  return new HandedOver();
}

async function addCredential(world: World, work: Work, credential: WithoutSecret): Promise<MadeCredential> {
  const { applicationObjectId, since } = madeSoFar(work);
  const { kind } = credential;
  switch (kind) {
    case "certificate": {
      await world.registrar.addCertificate(applicationObjectId, credential, since);
      const { thumbprint, expiresAt } = credential;
      return {
        outcome: { thumbprint },
        detail: { credential: kind, thumbprint },
        expiresAt: new Date(expiresAt),
      };
    }
    case "federated": {
      await world.registrar.addFederatedCredential(applicationObjectId, credential, since);
      const { issuer, subject } = credential;
      return { outcome: {}, detail: { credential: kind, issuer, subject } };
    }
    case "none":
      return { outcome: {}, detail: { credential: kind } };
    default:
      return kind satisfies never;
  }
}
