import type { Person } from "../../domain/person.ts";
import type { TermsNow } from "../../domain/policy.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import { isOpen, type Request } from "../../domain/request.ts";
import { isSameOpener, type OpenedBy, type SecretLink } from "../../domain/secret-link.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import type { Opener } from "../telling/request-views.ts";
import type { Viewer } from "./desk.ts";

/** Whether somebody may open a link. `stopped`: it is theirs, but they have no enabled account any more. */
export type MayOpen = { may: "open"; person: Person } | { may: "somebody-else" | "stopped" | "unknown" };

/**
 * Asks the directory at this very moment. While it does not answer nobody may, and nothing is used up. Whoever is not
 * the one that a link names is somebody else without being looked up.
 */
export async function mayOpen(world: World, link: SecretLink, viewer: Viewer): Promise<MayOpen> {
  const { directory, settings } = world;
  const openedBy = link.openedBy ?? { person: link.requester };
  const isNamed = "group" in openedBy || openedBy.person === viewer.userId;
  if (viewer.tenantId !== settings.tenantId || !isNamed) return { may: "somebody-else" };
  if (!isStillFor(link, await world.store.tables.registrations.get(link.requestId)))
    return { may: "somebody-else" };
  try {
    const [person, groups] = await Promise.all([
      directory.person(viewer.userId),
      "group" in openedBy ? directory.memberOf(viewer.userId, [openedBy.group]) : undefined,
    ]);
    if ("group" in openedBy && !groups?.has(openedBy.group)) return { may: "somebody-else" };
    return person && isWelcome(person) ? { may: "open", person } : { may: "stopped" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, requestId: link.requestId }, "who opens a link could not be looked up");
    return { may: "unknown" };
  }
}

/** A link that names nobody else is for an owner: whoever it was sent to may own the registration no longer. */
export const isStillFor = (
  { openedBy, requester }: SecretLink,
  registration: Registration | undefined,
): boolean =>
  openedBy !== undefined || (registration !== undefined && isOwnedBy(registration, { userId: requester }));

const isWelcome = ({ isEnabled, isGuest }: Person) => isEnabled && !isGuest;

/** What those who open a link are called, for people. The name is left out while the directory does not say it. */
export async function openerNow({ directory, log }: World, openedBy: OpenedBy): Promise<Opener> {
  try {
    if ("group" in openedBy) {
      const name = await directory.groupName(openedBy.group);
      return { openedBy, ...(name === undefined ? { isGone: true } : { name }) };
    }
    const person = await directory.person(openedBy.person);
    return {
      openedBy,
      ...(person && { name: person.name }),
      ...(!(person && isWelcome(person)) && { isGone: true }),
    };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    log.warn({ err: error }, "it could not be read who opens a link");
    return { openedBy };
  }
}

/** The same for a request, as it was looked up last: cards are drawn often, and some must not ask the directory. */
export async function openerKnown(
  { store }: World,
  request: Request,
  { openedBy }: TermsNow,
): Promise<Opener | undefined> {
  const { links, requests } = store.tables;
  if (request.plan.credential.kind !== "secret") return undefined;
  const link = isOpen(request) ? undefined : await links.newestOf(request.id);
  // What counts for a link is what counted when it was made.
  if (link) return openerOf(link);
  if (!openedBy) return undefined;
  const known = (await requests.knownDeciders(request.id))?.opener;
  return isSameOpener(openedBy, known?.openedBy) ? known : { openedBy };
}

export const openerOf = ({ openedBy, openerName }: SecretLink): Opener | undefined =>
  openedBy && { openedBy, ...(openerName !== undefined && { name: openerName }) };
