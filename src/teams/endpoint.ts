import type { Activity, TurnContext } from "botbuilder";
import { parseTenantId, type TenantId } from "../domain/ids.ts";
import { activityProblem, tenantOf } from "./activity.ts";
import type { TokenCheck } from "./activity-token.ts";
import type { BotAdapter } from "./adapter.ts";

/** `refused` is for the log. What the sender reads never says more than the status does. */
export type ActivityAnswer = {
  status: number;
  body?: unknown;
  refused?: { sentence: string; details: { why?: string; err?: unknown } };
};

const refusal = (status: number, sentence: string, details = {}): ActivityAnswer => ({
  status,
  body: { error: sentence },
  refused: { sentence, details },
});

/**
 * What stands between the network and the bot: the shape of the activity, who signed for it, and the tenant that it
 * speaks of. `check` is left out in the trial, which takes activities of this machine only.
 */
export function activityEndpoint(options: {
  adapter: BotAdapter;
  tenantId: TenantId;
  run: (context: TurnContext) => Promise<unknown>;
  check?: TokenCheck;
}) {
  const { adapter, tenantId, run, check } = options;
  return async (body: unknown, authorization: string | undefined): Promise<ActivityAnswer> => {
    const malformed = activityProblem(body, check === undefined);
    if (malformed) return refusal(400, malformed);
    const activity = body as Activity;
    // The Bot Framework looks for mentions in them, and breaks where they are null.
    if (activity.entities === null) delete activity.entities;
    const problem = await check?.(authorization, activity);
    if (problem) {
      const { status, ...details } = problem;
      const sentence =
        status === 503 ? "The sender cannot be checked right now." : "The activity is not authorized.";
      return refusal(status, sentence, details);
    }
    if (parseTenantId(tenantOf(activity)) !== tenantId)
      return refusal(403, "Usher does not work for this tenant.");
    const answer = await adapter.turn(activity, async (context) => {
      await run(context);
    });
    return { status: answer?.status ?? 200, body: answer?.body };
  };
}
