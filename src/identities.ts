import { type Config, readCertificate } from "./config.ts";
import type { ClientId } from "./domain/ids.ts";
import { assertionOf, credentialFor } from "./graph/credentials.ts";
import type { BotFramework } from "./teams/activity-token.ts";
import type { BotIdentity } from "./teams/adapter.ts";

/** The identities that Usher works under, which it never changes. */
export function ownClientIds({ bot, provisioning, consent, signIn }: Config): ClientId[] {
  return [...(bot.kind === "trial" ? [] : [bot]), provisioning, ...(consent ? [consent] : []), signIn].map(
    ({ clientId }) => clientId,
  );
}

/** What lets the bot talk to Teams, by the same credentials as the identities for Graph. */
export function botIdentity(
  { bot, tenantId, authorityUrl }: Config,
  { resource }: BotFramework,
): BotIdentity {
  if (bot.kind === "trial") return bot;
  const credential = credentialFor(bot, tenantId, authorityUrl);
  return {
    kind: "own",
    clientId: bot.clientId,
    tenantId,
    async token() {
      const answer = await credential.getToken(`${resource}/.default`);
      if (!answer) throw new Error("the bot's identity was given no token");
      return answer.token;
    },
  };
}

/** A managed identity signs nobody in by itself: its token stands in for the secret of the registration that does. */
export function signInCredential({ signIn: identity, bot }: Config) {
  switch (identity.kind) {
    case "managed": {
      const managedIdentity = bot.kind === "managed" ? bot.clientId : identity.clientId;
      return { kind: "assertion", assertion: assertionOf({ managedIdentity }) } as const;
    }
    case "federated":
      return { kind: "assertion", assertion: assertionOf(identity.by) } as const;
    case "certificate":
      return { kind: "certificate", pem: readCertificate(identity.certificatePath) } as const;
    case "secret":
      return { kind: "secret", secret: identity.secret } as const;
    default:
      return identity satisfies never;
  }
}
