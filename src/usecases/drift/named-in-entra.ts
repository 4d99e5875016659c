import type { Found } from "../../domain/drift.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Registration } from "../../domain/registration.ts";
import { namedBeside } from "../ports/ownership.ts";
import type { Tables } from "../ports/store.ts";

/** Whoever gave it away may still be an owner in Entra, and so could have changed it there. */
export async function isNamedInEntra(tables: Tables, id: RequestId, { userId }: Caller): Promise<boolean> {
  const entraOwner = await tables.entraOwners.get(id);
  return [entraOwner?.named, ...(entraOwner?.others ?? [])].some((each) => each?.userId === userId);
}

/** After a look: where an administrator has taken the owner before out of Entra, nobody is told to do so any more. */
export async function noteWhoIsNamed(
  tables: Tables,
  { id, owner }: Registration,
  found: Found,
): Promise<void> {
  const entraOwner = await tables.entraOwners.get(id);
  if (entraOwner?.state !== "left" || found.state !== "there") return;
  const has = (userId: string) =>
    found.owners.some((each) => !each.onPrincipal && each.id.toLowerCase() === userId.toLowerCase());
  const before = namedBeside(entraOwner, owner);
  const stays = before.find(({ userId }) => has(userId));
  if (stays) {
    // Said is one who is there.
    const others = [entraOwner.named, ...(entraOwner.others ?? [])].filter(
      ({ userId }) => userId !== stays.userId,
    );
    if (stays.userId !== entraOwner.named.userId)
      await tables.entraOwners.set({ ...entraOwner, named: stays, others });
    return;
  }
  // Whether the new one is named there, or nobody, is the administrator's choice.
  if (has(owner.userId)) await tables.entraOwners.remove(id);
  else if (before.length > 0) await tables.entraOwners.set({ ...entraOwner, named: owner, others: [] });
}
