import { ownerByRank, rankPermissions, rankRoles } from "../../domain/permission.ts";
import { isConsented, newUniqueName, type StepName } from "../../domain/provisioning.ts";
import type { In } from "../../domain/request.ts";
import { ChatFailure } from "../ports/chat.ts";
import type { StepRow } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { finishWithoutSecret } from "./finish-without-secret.ts";
import { handOverKey } from "./hand-over-key.ts";
import { waitForApis, waitForConsent } from "./wait-for-admin.ts";
import { type HandedOver, madeSoFar, type Work } from "./work.ts";

type Outcome = Readonly<Record<string, string>>;
type Step = {
  /** What must be known before the call so that a repeat finds its work. */
  intent(): Outcome;
  /** `again`: an earlier attempt may have done it already. */
  act(world: World, work: Work, row: StepRow, again: boolean): Promise<Outcome | HandedOver>;
};

const nothing = () => ({});

export const steps: Readonly<Record<StepName, Step>> = {
  "missing-apis": {
    intent: nothing,
    async act(world, work, row) {
      await waitForApis(world, work, row);
      return {};
    },
  },
  application: {
    intent: () => ({ uniqueName: newUniqueName() }),
    async act(world, { request }, row, again) {
      const { plan } = request;
      const ranked = [
        ...rankPermissions(plan.permissions, world.catalog.permissionFacts),
        ...rankRoles(plan.directoryRoles ?? [], world.catalog.roleFacts),
      ];
      // As the approver read it, whatever the catalogue says of ranks by now.
      const isRequester = (plan.owner ?? ownerByRank(ranked)) === "requester";
      const owner = isRequester ? request.requester.userId : undefined;
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
  "identifier-uri": {
    intent: nothing,
    async act(world, work) {
      const { applicationObjectId, clientId, since } = madeSoFar(work);
      await world.registrar.setIdentifierUri(applicationObjectId, clientId, since);
      return {};
    },
  },
  "application-permissions": {
    intent: nothing,
    async act(world, work) {
      const permissions = granted(work, "application");
      if (permissions.length === 0) return {};
      const { servicePrincipalId, principalSince } = madeSoFar(work);
      await world.registrar.grantApplicationPermissions(servicePrincipalId, permissions, principalSince);
      return {};
    },
  },
  "delegated-permissions": {
    intent: nothing,
    async act(world, work) {
      const permissions = granted(work, "delegated");
      if (permissions.length === 0) return {};
      const { servicePrincipalId, principalSince } = madeSoFar(work);
      await world.registrar.grantDelegatedPermissions(servicePrincipalId, permissions, principalSince);
      return {};
    },
  },
  "admin-consent": {
    intent: nothing,
    async act(world, work, row) {
      await waitForConsent(world, work, row);
      return {};
    },
  },
  "directory-roles": {
    intent: nothing,
    async act(world, work) {
      const { servicePrincipalId, principalSince } = madeSoFar(work);
      const roles = work.request.plan.directoryRoles ?? [];
      const { left } = await world.registrar.assignDirectoryRoles(servicePrincipalId, roles, principalSince);
      return left.length > 0 ? { rolesMissing: left.join(", ") } : {};
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
  credential: {
    intent: nothing,
    act(world, work, row) {
      const { credential } = work.request.plan;
      return credential.kind === "secret"
        ? handOverKey(world, work, row, credential)
        : finishWithoutSecret(world, work, row, credential);
    },
  },
};

function granted({ request: { plan } }: Work, kind: "application" | "delegated") {
  return isConsented(plan) ? plan.permissions.filter((permission) => permission.kind === kind) : [];
}

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
