import { handoverEntries, nextSteps } from "../../domain/handover.ts";
import type { RequestId } from "../../domain/ids.ts";
import {
  hashOfToken,
  openNothing,
  openSecret,
  type SecretLink,
  sealBinding,
} from "../../domain/secret-link.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import type { Behind } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { madeOf } from "../telling/request-view.ts";
import type { HandoverDesk, HandoverView, Viewer } from "./desk.ts";
import { mayTry } from "./limit-attempts.ts";
import { downloadAudit, lookAtPass, uploadByPass, voteByPass } from "./open-pass.ts";
import { auditStopped, tellOfOpening, tellOfTry } from "./tell-of-link.ts";
import { isStillFor, type MayOpen, mayOpen } from "./who-opens.ts";

/** What the page behind a one-time link may do, for somebody who has signed in. */
export function handoverDesk(world: World): HandoverDesk {
  return {
    arrive: (token, address) => mayTry(world, hashOfToken(token), { address }),
    look: (token, viewer) =>
      atToken(world, token, viewer, async ({ link, pass }) =>
        pass ? lookAtPass(world, pass, viewer) : lookAtLink(world, link, viewer),
      ),
    reveal: (token, viewer, device) =>
      atToken(world, token, viewer, ({ link }) => revealSecret(world, token, link, viewer, device)),
    vote: (token, viewer) => atToken(world, token, viewer, ({ pass }) => voteByPass(world, pass, viewer)),
    download: (token, viewer) =>
      atToken(world, token, viewer, ({ pass }) => downloadAudit(world, pass, viewer)),
    upload: (token, viewer, text) =>
      atToken(world, token, viewer, ({ pass }) => uploadByPass(world, pass, viewer, text)),
  };
}

/** What opens nothing costs the same whatever the reason: one count, one look-up and one decryption. */
async function atToken<Answer extends { kind: string }>(
  world: World,
  token: SecretText,
  { userId, tenantId }: Viewer,
  act: (behind: Behind) => Promise<Answer>,
): Promise<Answer | { kind: "too-many" }> {
  const hash = hashOfToken(token);
  if (!(await mayTry(world, hash, { userId, tenantId }))) return { kind: "too-many" };
  const answer = await act(await world.store.tables.tokens.behind(hash));
  if (answer.kind === "gone") openNothing(token, world.settings.secretKeys);
  return answer;
}

async function lookAtLink(world: World, found: SecretLink | undefined, viewer: Viewer) {
  const link = openableLink(world, found);
  if (!link) return { kind: "gone" } as const;
  const view = await handoverView(world, link.requestId);
  if (!view) return { kind: "gone" } as const;
  const { may } = await mayOpen(world, link, viewer);
  return may === "open" ? ({ kind: "ready", view } as const) : closedTo(world, link, viewer, may);
}

/** At most once: claimed in one conditional update before it is opened; when it cannot be opened, the claim is taken back. */
async function revealSecret(
  world: World,
  token: SecretText,
  found: SecretLink | undefined,
  viewer: Viewer,
  device: string,
) {
  const link = openableLink(world, found);
  if (!link) return { kind: "gone" } as const;
  const view = await handoverView(world, link.requestId);
  if (!view) return { kind: "gone" } as const;
  // Signing in was some minutes ago: whoever was stopped or has left the group since gets nothing.
  const judged = await mayOpen(world, link, viewer);
  if (judged.may !== "open") return closedTo(world, link, viewer, judged.may);

  const now = world.clock.now();
  const { userId, name } = judged.person;
  const opening = { device, ...(userId !== link.requester && { by: { userId, name } }) };
  const secret = await world.store.inTransaction(async (tables) => {
    // Held before the link, as by whoever changes its owners.
    if (!isStillFor(link, await tables.registrations.hold(link.requestId))) return undefined;
    const sealed = await tables.links.claim(link.tokenHash, now, opening);
    if (!sealed) return undefined;
    const opened = openSecret(
      sealed,
      token,
      world.settings.secretKeys,
      sealBinding(link.requestId, link.requester, link.openedBy),
    );
    // Thrown inside the transaction: the claim is undone, and the link is still there when the right key is back.
    if (!opened)
      throw new Error(`the seal of ${link.requestId} does not open: is its SECRET_KEY still listed?`);
    await tables.audit.append({
      at: now,
      who: viewer.userId,
      what: "secret.revealed",
      surface: "web",
      subject: link.requestId,
      outcome: "revealed",
      detail: { keyId: link.keyId, device, ...(link.openedBy && { openedBy: link.openedBy }) },
    });
    await tellOfOpening(tables, link, view.displayName, opening, now);
    return opened;
  });
  if (secret) return { kind: "revealed", secret, view } as const;
  world.log.info({ state: "overtaken", requestId: link.requestId }, opensNothing);
  return { kind: "gone" } as const;
}

type OpenLink = Extract<SecretLink, { state: "sealed" }>;

const opensNothing = "a link that opens nothing was opened";

/** The link if it still opens something. The log tells the kinds of "gone" apart; the answer does not. */
function openableLink(world: World, link: SecretLink | undefined): OpenLink | undefined {
  const isInTime = link !== undefined && link.expiresAt > world.clock.now();
  if (link?.state === "sealed" && link.deliveredAt !== undefined && isInTime) return link;
  const state = link?.state === "sealed" && !isInTime ? "expired" : (link?.state ?? "unknown");
  world.log.info({ state, requestId: link?.requestId }, opensNothing);
  return undefined;
}

/** What somebody is told whom the link does not open for at this moment. Nothing is used up. */
async function closedTo(world: World, link: OpenLink, viewer: Viewer, may: Exclude<MayOpen["may"], "open">) {
  switch (may) {
    case "somebody-else":
      await tellOfTry(world, link, viewer);
      return { kind: "somebody-else" } as const;
    case "stopped":
      await auditStopped(world, link, viewer);
      return { kind: "gone" } as const;
    case "unknown":
      return { kind: "unknown" } as const;
    default:
      return may satisfies never;
  }
}

async function handoverView(world: World, id: RequestId): Promise<HandoverView | undefined> {
  const registration = await world.store.tables.registrations.get(id);
  // A link is made for a secret only, and every secret ends some day.
  if (registration?.state !== "active" || !registration.expiresAt) return undefined;
  const { plan } = registration;
  const made = madeOf(world, registration);
  const secretEntry = plan.handover.find(({ value }) => value === "secret");
  return {
    displayName: plan.displayName,
    system: plan.blueprint.title,
    entries: handoverEntries(plan, made),
    secretLabel: secretEntry?.label ?? "Client secret",
    ...(secretEntry?.where && { secretWhere: secretEntry.where }),
    next: nextSteps(plan, made),
    expiresAt: registration.expiresAt,
  };
}
