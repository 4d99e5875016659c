import { derivedId } from "../../domain/derived-id.ts";
import type { UserId } from "../../domain/ids.ts";
import type { TermsNow } from "../../domain/policy.ts";
import type { Request } from "../../domain/request.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
import { newPost } from "../telling/new-post.ts";
import { currentTerms, membersOfAll } from "./who-decides.ts";

/** Why nobody can decide. `unreadable`: the group is gone, or the directory does not say who is in it. */
export type ApproversTrouble = Extract<Message, { kind: "no-approvers" }>["why"];

/** What admins must hear about a request that waits, and who they are. */
export type AdminNews = { admins: UserId[]; isWithoutChannel: boolean; trouble?: ApproversTrouble };

/** Whether enough people but the requester are left to decide under these terms; undefined when they are. */
async function approversTrouble(
  world: World,
  { approvers, approvals }: Pick<TermsNow, "approvers" | "approvals">,
  requester: UserId,
): Promise<ApproversTrouble | undefined> {
  if (approvers.length === 0) return "not-set";
  try {
    const left = (await membersOfAll(world, approvers, requester)).length;
    if (left >= approvals) return undefined;
    return left === 0 ? "empty" : "too-few";
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, "it could not be read who can decide");
    return "unreadable";
  }
}

/** Enabled admins at this moment; undefined when the directory may say so later. */
export async function adminsNow(world: World): Promise<UserId[] | undefined> {
  const { adminsGroup } = world.settings;
  if (!adminsGroup) return [];
  try {
    const members = await world.directory.members(adminsGroup);
    return members.filter(({ isEnabled, isGuest }) => isEnabled && !isGuest).map(({ userId }) => userId);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, "admins could not be read, so none is told");
    return error.kind === "retry" ? undefined : [];
  }
}

/**
 * Looks whether anybody will see the request and can decide on it. Asks the directory, so it comes before the
 * transaction. When the directory is down altogether nobody is told; the next reminder looks again.
 */
export async function newsForAdmins(world: World, request: Request): Promise<AdminNews> {
  const [channel, trouble] = await Promise.all([
    world.store.tables.conversations.approvalsChannel(),
    approversTrouble(world, currentTerms(world, request), request.requester.userId),
  ]);
  const admins = channel && !trouble ? [] : ((await adminsNow(world)) ?? []);
  return { admins, isWithoutChannel: channel === undefined, ...(trouble && { trouble }) };
}

/** Adds the messages to admins. That nobody can decide is said once for each request, admin and cause. */
export async function tellAdmins(tables: Tables, request: Request, news: AdminNews, at: Date): Promise<void> {
  const { admins, isWithoutChannel, trouble } = news;
  const about = { requestId: request.id, requester: request.requester };
  for (const userId of admins) {
    const note = { ...newPost(request.id, "note", at), place: { kind: "personal", userId } } as const;
    if (isWithoutChannel)
      await tables.posts.add({ ...note, message: { kind: "no-approvals-channel", ...about } });
    if (trouble) {
      await tables.posts.add({
        ...note,
        id: derivedId("no-approvers", request.id, userId, trouble),
        message: { kind: "no-approvers", ...about, why: trouble },
      });
    }
  }
}

/** After a press that was refused: where that is because nobody can decide, the admins hear of it. */
export async function tellAdminsIfNobodyDecides(world: World, request: Request): Promise<void> {
  const trouble = await approversTrouble(world, currentTerms(world, request), request.requester.userId);
  const admins = trouble && (await adminsNow(world));
  if (!trouble || !admins || admins.length === 0) return;
  await world.store.inTransaction(async (tables) => {
    await tellAdmins(tables, request, { admins, trouble, isWithoutChannel: false }, world.clock.now());
    await tables.jobs.wake("deliver", request.id);
  });
}
