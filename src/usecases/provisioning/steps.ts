import type { ApplicationObjectId, ClientId, ConversationId, ServicePrincipalId } from "../../domain/ids.ts";
import { isOwnedByRequester, rankPermissions } from "../../domain/permission.ts";
import { isConsented, newUniqueName, type StepName } from "../../domain/provisioning.ts";
import type { In } from "../../domain/request.ts";
import { ChatFailure, type Lease, type StepRow, type World } from "../ports.ts";
import { newPost } from "../telling/new-post.ts";
import { handOverKey } from "./hand-over-key.ts";

/** One run over one request: what was read when its level began, and the lease under which it writes. */
export type Work = { request: In<"approved">; rows: readonly StepRow[]; lease: Lease };

/** The last step writes its outcome itself, in the transaction that ends the request. */
export class HandedOver {}

type Outcome = Readonly<Record<string, string>>;
type Step = {
  /** What must be known before the call so that a repeat finds its work. */
  intent(): Outcome;
  /** `again`: an earlier attempt may have done it already. */
  act(world: World, work: Work, row: StepRow, again: boolean): Promise<Outcome | HandedOver>;
};

const nothing = () => ({});

/** What was made in Entra so far. Needs the steps "application" and, for its id, "service-principal" to be done. */
export function madeSoFar(work: Work) {
  const outcome = (step: StepName) => work.rows.find((row) => row.step === step)?.outcome ?? {};
  const { applicationObjectId, clientId, madeAt } = outcome("application");
  return {
    applicationObjectId: applicationObjectId as ApplicationObjectId,
    clientId: clientId as ClientId,
    servicePrincipalId: outcome("service-principal").servicePrincipalId as ServicePrincipalId,
    conversationId: outcome("personal-chat").conversationId as ConversationId,
    since: new Date(madeAt ?? 0),
  };
}

export const steps: Readonly<Record<StepName, Step>> = {
  application: {
    intent: () => ({ uniqueName: newUniqueName() }),
    async act(world, { request }, row, again) {
      const { plan } = request;
      const ranked = rankPermissions(plan.permissions, world.catalog.permissionFacts);
      const owner = isOwnedByRequester(ranked) ? request.requester.userId : undefined;
      const application = { uniqueName: row.intent.uniqueName ?? "", requestId: request.id, plan, owner };
      const made = await world.registrar.createApplication(application, again);
      return {
        applicationObjectId: made.applicationObjectId,
        clientId: made.clientId,
        madeAt: world.clock.now().toISOString(),
        ...(made.ownerLeftOut && { ownerLeftOut: "true" }),
      };
    },
  },
  "service-principal": {
    intent: nothing,
    async act(world, work) {
      const { clientId, since } = madeSoFar(work);
      return { servicePrincipalId: await world.registrar.ensureServicePrincipal(clientId, since) };
    },
  },
  "application-permissions": {
    intent: nothing,
    async act(world, work) {
      const permissions = granted(work, "application");
      if (!world.settings.mayConsent) return consentLeftTo(permissions);
      const { servicePrincipalId, since } = madeSoFar(work);
      await world.registrar.grantApplicationPermissions(servicePrincipalId, permissions, since);
      return {};
    },
  },
  "delegated-permissions": {
    intent: nothing,
    async act(world, work) {
      const permissions = granted(work, "delegated");
      if (!world.settings.mayConsent) return consentLeftTo(permissions);
      const { servicePrincipalId, since } = madeSoFar(work);
      await world.registrar.grantDelegatedPermissions(servicePrincipalId, permissions, since);
      return {};
    },
  },
  "personal-chat": {
    intent: nothing,
    async act(world, { request }, row) {
      const conversationId = await world.chat.personalChat(request.requester.userId);
      if (conversationId) return { conversationId };
      const posts = await world.store.tables.posts.of(request.id);
      const isAsked = posts.some(({ message }) => message?.kind === "open-personal-chat");
      if (row.attempts === 1 || !isAsked) await askForPersonalChat(world, request);
      throw new ChatFailure(
        `The link is only ever sent to ${request.requester.name} in person: they have to open a chat with Usher and say anything.`,
        "retry",
      );
    },
  },
  credential: { intent: nothing, act: handOverKey },
};

function granted({ request: { plan } }: Work, kind: "application" | "delegated") {
  return isConsented(plan) ? plan.permissions.filter((permission) => permission.kind === kind) : [];
}

/** An administrator grants it by hand; the cards say so. */
const consentLeftTo = (permissions: readonly unknown[]): Outcome =>
  permissions.length > 0 ? { consentMissing: "true" } : {};

async function askForPersonalChat(world: World, request: In<"approved">): Promise<void> {
  await world.store.inTransaction(async (tables) => {
    const origin = await tables.requests.origin(request.id);
    if (!origin) return;
    await tables.posts.add({
      ...newPost(request.id, "note", world.clock.now()),
      place: { kind: "conversation", conversationId: origin },
      message: { kind: "open-personal-chat", requestId: request.id },
    });
    await tables.jobs.wake("deliver", request.id);
  });
}
