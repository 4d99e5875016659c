import type { Request } from "../../domain/request.ts";
import type { World } from "../ports/world.ts";

/** What an administrator does by hand: Usher looks for it by itself, and at once when somebody says that it is done. */
const leftToAdmin = ["missing-apis", "admin-consent"] as const;

/** Looks at once whether an administrator has done their part. It decides nothing, and hurries only what waits. */
export async function lookAgain(world: World, { id, state }: Request): Promise<void> {
  if (state !== "approved") return;
  await world.store.inTransaction(async (tables) => {
    for (const step of leftToAdmin) await tables.steps.hasten(id, step, world.clock.now());
    await tables.jobs.wake("provision", id);
  });
}
