import type { UserId } from "../../domain/ids.ts";
import { DirectoryFailure, type World } from "../ports.ts";

/** The admins who must hear that a request waits because no approvals channel is set. Nobody, when they cannot be read. */
export async function adminsToTell(world: World): Promise<UserId[]> {
  const { adminsGroup } = world.settings;
  if (!adminsGroup) return [];
  try {
    const members = await world.directory.members(adminsGroup);
    return members.filter(({ isEnabled }) => isEnabled).map(({ userId }) => userId);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn(
      { err: error },
      "admins could not be read, so none hears that no approvals channel is set",
    );
    return [];
  }
}
