import type { Activity } from "botbuilder";
import { type ActivityId, type ConversationId, parseTenantId, parseUserId } from "../domain/ids.ts";
import { parseTimeZone } from "../domain/local-day.ts";
import type { Caller } from "../domain/person.ts";
import type { Posted } from "../usecases/ports/chat.ts";
import type { Conversation } from "../usecases/ports/conversations.ts";
import { isLoopbackUrl } from "./loopback.ts";

/**
 * What must be there before anything else looks at an activity, or why it is refused. Its serviceUrl is where the answer
 * goes, with Usher's own token, so a token is asked for that names it.
 */
export function activityProblem(body: unknown, loopbackOnly: boolean): string | undefined {
  if (typeof body !== "object" || body === null) return "The body is no activity.";
  const activity = body as Partial<Activity>;
  const isText = (value: unknown): value is string =>
    typeof value === "string" && value !== "" && value.length <= 2048;
  if (!isText(activity.type)) return "The activity has no type.";
  if (!isText(activity.channelId)) return "The activity has no channelId.";
  if (activity.channelId !== "msteams") return "Usher takes activities from Microsoft Teams only.";
  if (activity.id !== undefined && activity.id !== null && !isText(activity.id))
    return "The activity's id is no text.";
  if (!isText(activity.serviceUrl) || !URL.canParse(activity.serviceUrl))
    return "The activity has no serviceUrl.";
  if (loopbackOnly && !isLoopbackUrl(activity.serviceUrl))
    return "The trial takes activities from this machine only.";
  for (const [name, part] of [
    ["conversation", activity.conversation],
    ["from", activity.from],
    ["recipient", activity.recipient],
  ] as const) {
    if (typeof part !== "object" || part === null || !isText(part.id)) return `The activity has no ${name}.`;
  }
  const { entities } = activity as { entities?: unknown };
  const isObject = (value: unknown) => typeof value === "object" && value !== null;
  if (entities !== undefined && entities !== null && !(Array.isArray(entities) && entities.every(isObject))) {
    return "The activity's entities are no list of objects.";
  }
  if (activity.type === "invoke" && activity.name === "adaptiveCard/action" && !isObject(activity.value)) {
    return "The press has no value.";
  }
  const { text, name, replyToId, locale, localTimezone, callerId } = activity;
  const texts = {
    text,
    name,
    replyToId,
    locale,
    localTimezone,
    callerId,
    conversationType: activity.conversation?.conversationType,
    aadObjectId: activity.from?.aadObjectId,
    "from.name": activity.from?.name,
    "recipient.name": activity.recipient?.name,
  };
  const wrong = Object.entries(texts).find(([, value]) => typeof (value ?? "") !== "string");
  return wrong && `The activity's ${wrong[0]} is no text.`;
}

/** Names are shown in cards; the directory has none longer. */
const longestName = 256;

/** Who sent it, as the channel vouches for it; undefined for what no person sends. */
export function callerOf(activity: Activity): Caller | undefined {
  const userId = parseUserId(activity.from.aadObjectId);
  const tenantId = parseTenantId(tenantOf(activity));
  if (!userId || !tenantId) return undefined;
  // PostgreSQL takes no U+0000, and no line of a card is longer for a control character.
  const name = (activity.from.name ?? "")
    .replaceAll(/\p{Cc}/gu, "")
    .trim()
    .slice(0, longestName)
    .toWellFormed();
  return { userId, tenantId, name: name || "(no name)" };
}

export function tenantOf(activity: Activity): string | undefined {
  const fromChannel = (activity.channelData as { tenant?: { id?: unknown } } | undefined)?.tenant?.id;
  const tenant = activity.conversation.tenantId ?? fromChannel;
  return typeof tenant === "string" ? tenant : undefined;
}

/** Where it was said. A personal chat belongs to the person in it. */
export function conversationOf(activity: Activity, seenAt: Date): Conversation | undefined {
  const tenantId = parseTenantId(tenantOf(activity));
  if (!tenantId) return undefined;
  const kinds = { personal: "personal", groupChat: "group", channel: "channel" } as const;
  const kind = kinds[activity.conversation.conversationType as keyof typeof kinds] ?? "group";
  const userId = kind === "personal" ? parseUserId(activity.from.aadObjectId) : undefined;
  const timeZone = userId && parseTimeZone(activity.localTimezone);
  return {
    id: activity.conversation.id as ConversationId,
    kind,
    serviceUrl: activity.serviceUrl,
    tenantId,
    seenAt,
    ...(userId && { userId }),
    ...(timeZone && { timeZone }),
  };
}

/**
 * The message that a press came from, where the client says it. In a channel Teams names the thread, also for its
 * first message, which was posted into the channel itself.
 */
export function pressedMessage(activity: Activity): Posted | undefined {
  if (!activity.replyToId) return undefined;
  const thread = activity.conversation.id as ConversationId;
  const isFirst = thread.endsWith(`;messageid=${activity.replyToId}`);
  return {
    conversationId: isFirst ? channelOf(thread) : thread,
    activityId: activity.replyToId as ActivityId,
  };
}

/** The channel of one of its threads; every other conversation is its own. */
export const channelOf = (id: ConversationId) => id.replace(/;messageid=.*$/, "") as ConversationId;
