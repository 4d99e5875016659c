import { handoverEntries, nextSteps } from "../../domain/handover.ts";
import type { RequestId } from "../../domain/ids.ts";
import { hashOfToken, openSecret, type SecretLink, sealBinding } from "../../domain/secret-link.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import { checkStaff } from "../intake/staff.ts";
import type { World } from "../ports/world.ts";
import { madeOf } from "../telling/request-view.ts";
import type { HandoverDesk, HandoverView, Viewer } from "./desk.ts";
import { downloadAudit, lookAtPass, voteByPass } from "./open-pass.ts";

/** What the page behind a one-time link may do, for somebody who has signed in. */
export function handoverDesk(world: World): HandoverDesk {
  return {
    async look(token, viewer) {
      const pass = await world.store.tables.passes.find(hashOfToken(token));
      return pass ? lookAtPass(world, pass, viewer) : lookAtLink(world, token, viewer);
    },
    reveal: (token, viewer) => revealSecret(world, token, viewer),
    vote: (token, viewer) => voteByPass(world, token, viewer),
    download: (token, viewer) => downloadAudit(world, token, viewer),
  };
}

async function lookAtLink(world: World, token: SecretText, viewer: Viewer) {
  const link = await openableLink(world, token);
  if (!link) return { kind: "gone" } as const;
  if (!isFor(world, link, viewer)) return tellSomebodyElse(world, link, viewer);
  const view = await handoverView(world, link.requestId);
  return view ? ({ kind: "ready", view } as const) : ({ kind: "gone" } as const);
}

/** At most once: claimed in one conditional update before it is opened; when it cannot be opened, the claim is taken back. */
async function revealSecret(world: World, token: SecretText, viewer: Viewer) {
  const link = await openableLink(world, token);
  if (!link) return { kind: "gone" } as const;
  if (!isFor(world, link, viewer)) return tellSomebodyElse(world, link, viewer);
  const view = await handoverView(world, link.requestId);
  if (!view) return { kind: "gone" } as const;

  // Signing in was some minutes ago: whoever was stopped since gets nothing.
  const staff = await checkStaff(world, { ...viewer, name: "" });
  if (staff === "unknown")
    throw new Error("who opens the link could not be looked up; the link is unchanged");
  if (staff !== "staff") return { kind: "gone" } as const;

  const now = world.clock.now();
  const secret = await world.store.inTransaction(async (tables) => {
    const sealed = await tables.links.claim(link.tokenHash, now);
    if (!sealed) return undefined;
    const opened = openSecret(
      sealed,
      token,
      world.settings.secretKeys,
      sealBinding(link.requestId, link.requester),
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
      detail: { keyId: link.keyId },
    });
    await tables.jobs.wake("deliver", link.requestId);
    return opened;
  });
  return secret ? ({ kind: "revealed", secret, view } as const) : ({ kind: "gone" } as const);
}

type OpenLink = Extract<SecretLink, { state: "sealed" }>;

/** The link if it still opens something. The log tells the kinds of "gone" apart; the answer does not. */
async function openableLink(world: World, token: SecretText): Promise<OpenLink | undefined> {
  const link = await world.store.tables.links.find(hashOfToken(token));
  const isOpen =
    link?.state === "sealed" && link.deliveredAt !== undefined && link.expiresAt > world.clock.now();
  if (isOpen) return link;
  world.log.info(
    { state: link?.state ?? "unknown", requestId: link?.requestId },
    "a link that opens nothing was opened",
  );
  return undefined;
}

const isFor = (world: World, link: SecretLink, viewer: Viewer) =>
  viewer.tenantId === world.settings.tenantId && viewer.userId === link.requester;

async function tellSomebodyElse(world: World, link: OpenLink, viewer: Viewer) {
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: viewer.userId,
      what: "secret.refused",
      surface: "web",
      subject: link.requestId,
      outcome: "somebody-else",
    }),
  );
  return { kind: "somebody-else" } as const;
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
