import type { Surface } from "../../domain/audit.ts";
import { isOwner } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import { judgeRestoration, type RestoreVerdict } from "../../domain/restoration.ts";
import { isNamedInEntra } from "../drift/named-in-entra.ts";
import type { Posted } from "../ports/chat.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { Overtaken, unlessOvertaken } from "../provisioning/overtaken.ts";
import { newPost } from "../telling/new-post.ts";
import { type NamedRefusal, registrationsSeen } from "./registrations-named.ts";

export type RestoreRefusal =
  | NamedRefusal
  | { refused: "own-restoration"; id: RequestId }
  | { refused: "too-late-to-restore"; id: RequestId }
  | { refused: "not-revoked"; registration: Registration };

type Revoked = Extract<Registration, { state: "revoked" }>;

/**
 * The revoked registration that somebody means by its request id, client id or name, if they may bring it back: an
 * approver or an admin who owns it neither here nor in Entra. To whoever is none of these it does not exist.
 */
export async function findRestorable(
  world: World,
  caller: Caller,
  text: string,
): Promise<{ registration: Revoked } | RestoreRefusal> {
  const seen = await registrationsSeen(world, caller, text);
  if ("refused" in seen) return seen;
  // Whoever sees one and does not own it is an approver or an admin.
  const judged = await Promise.all(
    seen.map(async (registration) => ({
      registration,
      verdict: await judge(world.store.tables, registration, caller, world.clock.now()),
    })),
  );
  const [first] = judged;
  if (!first) return { refused: "unknown-registration" };
  // A name may have been used again: what can be brought back is meant.
  const [one, other] = judged.filter(({ verdict }) => verdict === "begin");
  if (other) {
    const names = judged.flatMap(({ registration: { id }, verdict }) => (verdict === "begin" ? id : []));
    return { refused: "ambiguous-registration", names };
  }
  if (one?.registration.state === "revoked") return { registration: one.registration };
  return refusalOf(first.registration, first.verdict);
}

async function judge(
  tables: Tables,
  registration: Registration,
  caller: Caller,
  now: Date,
): Promise<RestoreVerdict> {
  const { userId } = caller;
  const findings = await tables.drifts.of(registration.id);
  const owns = ownersOf(registration).some((owner) => isOwner(userId, owner, findings));
  const isNamed = await isNamedInEntra(tables, registration.id, caller);
  return judgeRestoration(registration, owns || isNamed, now);
}

function refusalOf(registration: Registration, verdict: RestoreVerdict): RestoreRefusal {
  const { id } = registration;
  switch (verdict) {
    case "own":
      return { refused: "own-restoration", id };
    case "too-late":
      return { refused: "too-late-to-restore", id };
    case "begin":
    case "not-revoked":
      return { refused: "not-revoked", registration };
    default:
      return verdict satisfies never;
  }
}

/**
 * The confirmed wish to bring it back: saved first, carried out by a job until it stands as it was approved. `question`
 * is the message that asked: it says how it ended.
 */
export async function restoreRegistration(
  world: World,
  caller: Caller,
  id: RequestId,
  surface: Surface,
  question?: Posted,
): Promise<{ restoring: Registration } | RestoreRefusal> {
  const found = await findRestorable(world, caller, id);
  if ("refused" in found) {
    if (found.refused === "own-restoration") await auditRefusal(world, caller, id, surface);
    return found;
  }
  const { registration } = found;
  const at = world.clock.now();
  const restoredBy = { userId: caller.userId, name: caller.name };
  const restoring: Registration = { ...registration, state: "restoring", restoredBy, restoredAt: at };
  const won = await unlessOvertaken(() =>
    world.store.inTransaction(async (tables) => {
      // A revocation that was slow has lost: it deletes nothing of what is brought back.
      await tables.steps.takeOver(id);
      if (!(await tables.registrations.change(registration, restoring))) throw new Overtaken();
      await tables.duties.remove(id, "purge");
      await tables.audit.append({
        at,
        who: caller.userId,
        what: "registration.restore",
        surface,
        subject: id,
        outcome: "restoring",
      });
      if (question) {
        const { conversationId, activityId } = question;
        const place = { kind: "conversation", conversationId, copy: activityId } as const;
        await tables.posts.add({
          ...newPost(id, "restoration", at),
          state: "posted",
          place,
          posted: question,
        });
      }
      await tables.jobs.wake("restore", id);
      await tables.jobs.wake("deliver", id);
    }),
  );
  return won ? { restoring } : restoreRegistration(world, caller, id, surface, question);
}

const auditRefusal = (world: World, { userId }: Caller, id: RequestId, surface: Surface) =>
  world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: userId,
      what: "registration.restore-refused",
      surface,
      subject: id,
      outcome: "own",
    }),
  );
