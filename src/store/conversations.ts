import { type Kysely, type Selectable, sql } from "kysely";
import type { ConversationId, TenantId, UserId } from "../domain/ids.ts";
import type { TimeZone } from "../domain/local-day.ts";
import type { Conversation, Conversations } from "../usecases/ports/conversations.ts";
import type { Schema } from "./schema.ts";

const approvalsChannel = "approvals-channel";

/** The statement that writes what is known of it, and answers whether it was new. */
export function remembered(db: Kysely<Schema>, conversation: Conversation) {
  const columns = {
    kind: conversation.kind,
    service_url: conversation.serviceUrl,
    tenant_id: conversation.tenantId,
    user_id: conversation.userId ?? null,
    seen_at: conversation.seenAt,
    // Not each activity says it.
    ...(conversation.timeZone && { time_zone: conversation.timeZone }),
  };
  return (
    db
      .insertInto("conversations")
      .values({ id: conversation.id, ...columns })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(columns))
      // Only a fresh row has no older version of itself.
      .returning(sql<boolean>`xmax = 0`.as("is_new"))
  );
}

/** Where the bot has been spoken to. A service address can change, so every turn writes it anew. */
export function conversationsTable(db: Kysely<Schema>): Conversations {
  const conversationOf = (row: Selectable<Schema["conversations"]>): Conversation => ({
    id: row.id as ConversationId,
    kind: row.kind as Conversation["kind"],
    serviceUrl: row.service_url,
    tenantId: row.tenant_id as TenantId,
    seenAt: row.seen_at,
    ...(row.user_id !== null && { userId: row.user_id as UserId }),
    ...(row.time_zone !== null && { timeZone: row.time_zone as TimeZone }),
  });
  const setting = async () => {
    const row = await db
      .selectFrom("settings")
      .select("value")
      .where("name", "=", approvalsChannel)
      .executeTakeFirst();
    return row?.value as ConversationId | undefined;
  };
  return {
    async remember(conversation) {
      return (await remembered(db, conversation).executeTakeFirstOrThrow()).is_new;
    },
    async get(id) {
      const row = await db.selectFrom("conversations").selectAll().where("id", "=", id).executeTakeFirst();
      return row && conversationOf(row);
    },
    async personal(userId) {
      const row = await db
        .selectFrom("conversations")
        .selectAll()
        .where("user_id", "=", userId)
        .where("kind", "=", "personal")
        .orderBy("seen_at", "desc")
        .limit(1)
        .executeTakeFirst();
      return row && conversationOf(row);
    },
    async newest() {
      const row = await db
        .selectFrom("conversations")
        .selectAll()
        .orderBy("seen_at", "desc")
        .limit(1)
        .executeTakeFirst();
      return row && conversationOf(row);
    },
    async forget(id) {
      await db.deleteFrom("conversations").where("id", "=", id).execute();
    },
    approvalsChannel: setting,
    async setApprovalsChannel(id) {
      const before = await setting();
      await db
        .insertInto("settings")
        .values({ name: approvalsChannel, value: id })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value: id }))
        .execute();
      return before;
    },
  };
}
