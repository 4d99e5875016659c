import type { Client } from "@microsoft/microsoft-graph-client";
import type { ApplicationObjectId, UserId } from "../domain/ids.ts";
import { isAlreadyThere, lacksRight } from "./failures.ts";
import { gone } from "./gone.ts";

/** Needs more than Usher usually has; then an administrator adds the owner. */
export async function addOwner(
  { client, graphUrl }: { client: Client; graphUrl: string },
  application: string,
  id: string,
): Promise<void> {
  try {
    await client
      .api(`${application}/owners/$ref`)
      .post({ "@odata.id": `${graphUrl}/v1.0/directoryObjects/${id}` });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
}

/** The new one is added first, so that what Usher may only half do is not begun. */
export async function changeOwner(
  means: { client: Client; graphUrl: string },
  id: ApplicationObjectId,
  { from, to }: { from: readonly UserId[]; to: UserId },
): Promise<"changed" | "left"> {
  const application = `/applications/${id}`;
  try {
    await addOwner(means, application, to);
    for (const each of from)
      if (each !== to) await gone(() => means.client.api(`${application}/owners/${each}/$ref`).delete());
    return "changed";
  } catch (error) {
    if (lacksRight(error)) return "left";
    throw error;
  }
}
