import { byDanger } from "../../domain/drift-reach.ts";
import { type Finding, isReported } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import { type RankedPermission, rankPermissions, rankRoles } from "../../domain/permission.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Place } from "../ports/chat.ts";
import type { Post } from "../ports/conversations.ts";
import type { World } from "../ports/world.ts";
import { portalLink } from "../telling/consent-links.ts";
import type { Message } from "../telling/messages.ts";
import type { DriftView } from "../telling/registration-views.ts";

/** How a registration differs from its plan, as it stands now. `since`: what was dealt with from then on is shown too. */
export async function driftView(
  world: World,
  registration: Registration,
  { since, isForOwner, isOld = false }: { since: Date | undefined; isForOwner: boolean; isOld?: boolean },
): Promise<DriftView> {
  const { tables } = world.store;
  const [findings, lookedAt] = await Promise.all([
    tables.drifts.of(registration.id),
    tables.registrations.lookedAt(registration.id),
  ]);
  const ended = findings.filter(
    (finding) =>
      "at" in finding &&
      finding.confirmedAt &&
      !isReported(finding) &&
      // What was accepted stands so, however long ago that was.
      (finding.state === "accepted" || (since && finding.at >= since)),
  );
  const isActive = registration.state === "active";
  const portal = portalLink(world.settings, registration);
  return {
    registration,
    findings: sorted(world, isActive ? findings.filter(isReported) : []),
    ended,
    unsure: isActive ? findings.filter(({ state, confirmedAt }) => state === "open" && !confirmedAt) : [],
    ...(lookedAt && { lookedAt }),
    ...(portal && { portal }),
    isForOwner,
    isOld,
  };
}

/** By danger; of what was consented to, the permission that reaches furthest comes first. */
function sorted({ catalog }: World, findings: readonly Finding[]): DriftView["findings"] {
  const permissions = findings.flatMap(({ drift }) => ("permission" in drift ? [drift.permission] : []));
  const ranked = rankPermissions(permissions, catalog.permissionFacts);
  const isOf = (finding: Finding, { api, kind, name }: RankedPermission) =>
    "permission" in finding.drift &&
    finding.drift.permission.api === api &&
    finding.drift.permission.kind === kind &&
    finding.drift.permission.name === name;
  const rankOf = (finding: Finding) => ranked.findIndex((each) => isOf(finding, each));
  const drifts = byDanger(
    findings.toSorted((a, b) => rankOf(a) - rankOf(b)).map((finding) => ({ ...finding.drift, finding })),
  );
  return drifts.map(({ finding }) => {
    const { drift } = finding;
    const fact =
      drift.what === "role"
        ? rankRoles([drift.role], catalog.roleFacts)[0]
        : ranked.find((each) => isOf(finding, each));
    return { ...finding, ...(fact && { ranked: fact }) };
  });
}

/** What a card that was posted shows now. */
export async function driftMessage(world: World, post: Post, id: RequestId): Promise<Message | undefined> {
  const registration = await world.store.tables.registrations.get(id);
  if (!registration) return undefined;
  const posts = await world.store.tables.posts.of(id);
  const copy = post.place.copy ?? "";
  const isOld = posts.some(
    (other) =>
      other.purpose === "drift" && isSamePlace(other.place, post.place) && (other.place.copy ?? "") > copy,
  );
  const isForOwner = post.place.kind === "personal";
  const view = await driftView(world, registration, { since: new Date(copy), isForOwner, isOld });
  return { kind: "drift", view };
}

function isSamePlace(a: Place, b: Place): boolean {
  if (a.kind === "personal") return b.kind === "personal" && a.userId === b.userId;
  return b.kind === "conversation" && a.conversationId === b.conversationId;
}
