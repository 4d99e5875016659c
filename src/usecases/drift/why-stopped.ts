import { type WhyStopped, whyStopped } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Tables } from "../ports/store.ts";

/** Which of these nothing signs in with, because of what somebody changed in Entra, and why. */
export async function stoppedOutside(
  { drifts, keys }: Tables,
  registrations: readonly Registration[],
): Promise<ReadonlyMap<RequestId, WhyStopped>> {
  const active = registrations.filter(({ state }) => state === "active").map(({ id }) => id);
  const known = active.length > 0 ? await drifts.among(active) : [];
  const stopped = await Promise.all(
    known.map(async ([id, findings]): Promise<[RequestId, WhyStopped][]> => {
      const isLost = findings.some(({ drift }) => drift.what === "secret" && drift.change === "removed");
      const current = isLost ? (await keys.of(id)).filter(({ state }) => state === "current") : [];
      const why = whyStopped(
        findings,
        current.flatMap(({ keyId }) => keyId ?? []),
      );
      return why ? [[id, why]] : [];
    }),
  );
  return new Map(stopped.flat());
}
