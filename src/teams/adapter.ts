import { TeamsAdapter } from "@microsoft/teams-ai/lib/TeamsAdapter.js";
import type { Activity, InvokeResponse, TurnContext } from "botbuilder";
import { ServiceClientCredentialsFactory, TokenCredentials } from "botframework-connector";

/** The bot's identity. `trial` has none, so nobody is checked: it must only ever listen on loopback. */
export type BotIdentity =
  | { kind: "trial" }
  /** What `token` answers lets Usher talk to Teams; whoever supplies it keeps it until its end. */
  | { kind: "own"; clientId: string; tenantId: string; token: () => Promise<string> };

/**
 * Microsoft's adapter, with its blind retry taken out: its HTTP pipeline repeats a POST after 408 and 5xx, and
 * people would then read a message twice. An absent client id would turn its authentication off, so the type has
 * none but for the trial.
 */
export class BotAdapter extends TeamsAdapter {
  readonly #identity: BotIdentity;

  constructor(identity: BotIdentity) {
    super(
      identity.kind === "trial"
        ? {}
        : { MicrosoftAppId: identity.clientId, MicrosoftAppTenantId: identity.tenantId },
      identity.kind === "trial" ? undefined : new OwnCredentials(identity.clientId, identity.token),
    );
    this.#identity = identity;
    this.use(async (context, next) => {
      const connector = context.turnState.get(this.ConnectorClientKey) as ConnectorWithPipeline | undefined;
      connector?.client?.pipeline?.removePolicy({ name: "defaultRetryPolicy" });
      await next();
    });
  }

  /** One turn for an activity. Whoever calls this has checked who sent it. */
  turn(
    activity: Activity,
    logic: (context: TurnContext) => Promise<void>,
  ): Promise<InvokeResponse | undefined> {
    if (this.#identity.kind === "trial") return this.processActivity("", activity, logic);
    const claimsIdentity = this.createClaimsIdentity(this.#identity.clientId);
    const connectorFactory = this.botFrameworkAuthentication.createConnectorFactory(claimsIdentity);
    // What its tokens are for is the matter of whoever supplies them.
    const checked = { claimsIdentity, connectorFactory, audience: "" };
    return this.processActivity(checked, activity, logic);
  }
}

/** Not in the SDK's types; a test counts the posts after a 503, and fails when this moves. */
type ConnectorWithPipeline = { client?: { pipeline?: { removePolicy(policy: { name: string }): void } } };

/**
 * The SDK's own ways to a token end at the public cloud, and for a managed identity they try everything that stands in
 * the environment. So the token comes from outside, from where the identities for Graph have theirs.
 */
class OwnCredentials extends ServiceClientCredentialsFactory {
  readonly #clientId: string;
  readonly #token: () => Promise<string>;

  constructor(clientId: string, token: () => Promise<string>) {
    super();
    this.#clientId = clientId;
    this.#token = token;
  }
  async isValidAppId(appId: string): Promise<boolean> {
    return appId === this.#clientId;
  }
  async isAuthenticationDisabled(): Promise<boolean> {
    return false;
  }
  async createCredentials(): ReturnType<ServiceClientCredentialsFactory["createCredentials"]> {
    const token = this.#token;
    return { signRequest: async (request) => new TokenCredentials(await token()).signRequest(request) };
  }
}
