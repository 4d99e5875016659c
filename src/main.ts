import { pathToFileURL } from "node:url";
import { watchCatalog } from "./catalog/watch-catalog.ts";
import { type Config, type IdentityConfig, readCertificate, readConfig } from "./config.ts";
import type { ClientId } from "./domain/ids.ts";
import { isForbiddenToAll } from "./domain/never.ts";
import { graphClient } from "./graph/client.ts";
import { credentialFor, managedAssertion } from "./graph/credentials.ts";
import { graphDirectory } from "./graph/directory.ts";
import { graphInspector } from "./graph/inspect.ts";
import type { NeverRules } from "./graph/never.ts";
import { graphRegistrar } from "./graph/registrar.ts";
import { renewable } from "./graph/renewable-credential.ts";
import { graphSignIns } from "./graph/sign-ins.ts";
import { graphTenant } from "./graph/tenant.ts";
import { createLog } from "./log.ts";
import { type Carrier, openCarrier } from "./store/carrier.ts";
import { migrate } from "./store/migrate.ts";
import { migrations } from "./store/migrations.ts";
import type { Schema } from "./store/schema.ts";
import { openStore, takeOverAlone } from "./store/store.ts";
import { openWakeUps } from "./store/wake-ups.ts";
import { type WriteLimit, writeQuota } from "./store/write-quota.ts";
import { activityProblem } from "./teams/activity.ts";
import { botAdapter } from "./teams/adapter.ts";
import { usherBot } from "./teams/bot.ts";
import { riskOf } from "./teams/cards/powers.ts";
import { conversationWriter } from "./teams/conversation-writer.ts";
import { teamsChat } from "./teams/notifier.ts";
import { refusalSentence } from "./teams/words.ts";
import { carryOutRepair } from "./usecases/drift/carry-out-repair.ts";
import { carryOutNewKey } from "./usecases/handover/carry-out-new-key.ts";
import { handoverDesk } from "./usecases/handover/open-link.ts";
import { carryOutRestoration } from "./usecases/lifecycle/carry-out-restoration.ts";
import { carryOutRevocation } from "./usecases/lifecycle/carry-out-revocation.ts";
import { sweep } from "./usecases/lifecycle/sweep.ts";
import type { Clock, Log, World } from "./usecases/ports/world.ts";
import { carryOutCleanUp } from "./usecases/provisioning/carry-out-clean-up.ts";
import { provisionRequest } from "./usecases/provisioning/provision-request.ts";
import { deliverPosts } from "./usecases/telling/deliver-posts.ts";
import { redrawWaiting } from "./usecases/telling/redraw-waiting.ts";
import { createSecretPage } from "./web/secret-page.ts";
import { createServer } from "./web/server.ts";
import { createSignIn } from "./web/sign-in.ts";

export type Usher = {
  port: number;
  world: World;
  /** Reads the catalogue and the policy now, rather than when the next look finds them changed. */
  readCatalog(): void;
  stop(): Promise<void>;
};

export type UsherParts = {
  log?: Log;
  clock?: Clock;
  /** An opened database; otherwise the configuration says which to open. */
  carrier?: Carrier<Schema>;
  /** The last word on what the use cases are given: the trial kills itself at a chosen step with it. */
  adjust?: (world: World) => World;
  /** Graph's quota of writes, scaled down for a test. */
  writeLimit?: WriteLimit;
  /** How often cards in one conversation are redrawn at most, for tests that do not wait for that. */
  updateEveryMs?: number;
};

/** Joins everything, and answers when Usher takes requests. Throws in words when something of it cannot be had. */
export async function startUsher(config: Config, parts: UsherParts = {}): Promise<Usher> {
  const log = parts.log ?? createLog(config.logLevel);
  const clock = parts.clock ?? { now: () => new Date() };
  const { catalogDir, policyFile } = config;
  let onRead = () => {};
  const watched = watchCatalog(catalogDir, log, {
    ...(policyFile !== undefined && { policyFile }),
    onRead: () => onRead(),
  });
  const { catalog } = watched;
  const ranks = Object.entries(catalog.policy.ranks).flatMap(([rank, { approvers }]) =>
    approvers ? [] : rank,
  );
  if (!config.approversGroup && ranks.length > 0) {
    log.warn({ ranks }, "APPROVERS_GROUP is not set: nobody may approve");
  }

  if (config.signIn.kind === "managed" && config.signIn === config.bot) {
    log.warn({}, "SIGNIN_CLIENT_ID is not set: a managed identity signs nobody in, so no link can be opened");
  }

  const carrier =
    parts.carrier ??
    (await openCarrier<Schema>({
      ...config.database,
      onConnectionLost: (error) => log.warn({ err: error }, "a database connection was lost"),
    }));
  await migrate(carrier.db, migrations);
  if (carrier.kind === "embedded") await takeOverAlone(carrier.db);
  const wakeUps = await openWakeUps(carrier, log);
  const store = openStore(carrier.db, wakeUps.within, config.secretKeys, log);

  const adapter = botAdapter(config.bot, config.tenantId);
  const writer = conversationWriter({
    adapter,
    botId: config.bot.kind === "trial" ? "" : config.bot.clientId,
    tenantId: config.tenantId,
    conversations: store.tables.conversations,
    clock,
    log,
  });
  const clientFor = (identity: IdentityConfig) =>
    graphClient(
      config.graphUrl,
      renewable(() => credentialFor(identity, config.tenantId, config.authorityUrl)),
      {
        tenantId: config.tenantId,
        quota: writeQuota(carrier.db, { identity: identity.clientId, clock, limit: parts.writeLimit }),
      },
    );
  const provisioning = {
    client: clientFor(config.provisioning),
    clientId: config.provisioning.clientId,
  };
  const consent = config.consent && {
    client: config.consent === config.provisioning ? provisioning.client : clientFor(config.consent),
  };
  const never: NeverRules = {
    ownClientIds: ownClientIds(config),
    isForbidden: (permission) => isForbiddenToAll(catalog.policy, permission, catalog.permissionFacts),
    isKnownRole: (templateId) => catalog.roleFacts.some((fact) => fact.templateId === templateId),
  };
  const world: World = {
    clock,
    log,
    store,
    directory: graphDirectory(provisioning.client, clock),
    tenant: graphTenant({ provisioning, clock, log }),
    registrar: graphRegistrar({
      graphUrl: config.graphUrl,
      authorityUrl: config.authorityUrl,
      tenantId: config.tenantId,
      provisioning,
      consent,
      never,
      clock,
    }),
    inspector: graphInspector({ graphUrl: config.graphUrl, provisioning, consent, never, clock, log }),
    signIns: graphSignIns({ client: provisioning.client, clock, log }),
    chat: teamsChat(writer, parts.updateEveryMs),
    catalog,
    settings: {
      tenantId: config.tenantId,
      approversGroup: config.approversGroup,
      adminsGroup: config.adminsGroup,
      mayConsent: config.consent !== undefined,
      publicUrl: config.publicUrl,
      authorityUrl: config.authorityUrl,
      secretKeys: config.secretKeys,
    },
  };
  const acting = parts.adjust ? parts.adjust(world) : world;
  const bot = usherBot(acting, writer);

  const server = createServer({
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    log,
    ready: async () => ({ database: await answers(carrier) }),
    messages: async (request, response) => {
      const problem = activityProblem(request.body, config.bot.kind === "trial");
      if (problem) {
        log.warn({ route: "/api/messages", status: 400 }, problem);
        response.send(400, { error: problem });
        return;
      }
      // The SDK's own idea of a restify request differs from restify's types in optional fields only.
      await adapter.process(request as Parameters<typeof adapter.process>[0], response, async (context) => {
        await bot.run(context);
      });
    },
    secretPage: createSecretPage({
      desk: handoverDesk(acting),
      keys: config.secretKeys,
      publicUrl: config.publicUrl,
      clock,
      words: {
        refusal: refusalSentence,
        risk: (view) => riskOf(view, view.request.plan).text,
      },
      signIn: createSignIn({
        authorityUrl: config.authorityUrl,
        tenantId: config.tenantId,
        clientId: config.signIn.clientId,
        credential: signInCredential(config),
        redirectUri: `${config.publicUrl}/s/callback`,
        clock,
        log,
      }),
    }),
  });
  const { port } = await server.listen({ host: config.host, port: config.port });
  await wakeUps.start({
    deliver: async (subject) => {
      if (!(await deliverPosts(acting, subject))) throw new Error("a message is still to be delivered");
    },
    provision: (id) => provisionRequest(acting, id),
    clean: (id) => carryOutCleanUp(acting, id),
    "new-key": (id) => carryOutNewKey(acting, id),
    revoke: (id) => carryOutRevocation(acting, id),
    restore: (id) => carryOutRestoration(acting, id),
    repair: (id) => carryOutRepair(acting, id),
    sweep: async () => {
      await sweep(acting, clock.now());
      await carrier.tend();
    },
  });
  onRead = () => {
    redrawWaiting(acting).catch((error: unknown) => log.error({ err: error }, "cards could not be redrawn"));
  };
  // Not waited for: it may ask Graph, and Usher is ready without it.
  sweep(acting, clock.now()).catch((error: unknown) => log.error({ err: error }, "the first sweep broke"));
  log.info({ port, database: carrier.kind, blueprints: catalog.blueprints.length }, "ready");

  return {
    port,
    world: acting,
    readCatalog: watched.reload,
    async stop() {
      watched.close();
      await server.close();
      await wakeUps.stop();
      await carrier.close();
    },
  };
}

/** The identities that Usher works under, which it never changes. */
function ownClientIds({ bot, provisioning, consent, signIn }: Config): ClientId[] {
  return [...(bot.kind === "trial" ? [] : [bot]), provisioning, ...(consent ? [consent] : []), signIn].map(
    ({ clientId }) => clientId,
  );
}

/** A managed identity signs nobody in by itself: its token stands in for the secret of the registration that does. */
function signInCredential({ signIn: identity, bot }: Config) {
  switch (identity.kind) {
    case "managed":
      return {
        kind: "assertion",
        assertion: managedAssertion(bot.kind === "managed" ? bot.clientId : identity.clientId),
      } as const;
    case "certificate":
      return { kind: "certificate", pem: readCertificate(identity.certificatePath) } as const;
    case "secret":
      return { kind: "secret", secret: identity.secret } as const;
    default:
      return identity satisfies never;
  }
}

async function answers(carrier: Carrier<Schema>): Promise<boolean> {
  try {
    await carrier.db.selectFrom("settings").select("name").limit(1).execute();
    return true;
  } catch {
    return false;
  }
}

/** Ends a process on the signals that ask for it: what runs may finish first. */
export function stopOnSignals(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      void stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    const usher = await startUsher(readConfig(process.env));
    stopOnSignals(() => usher.stop());
  } catch (error) {
    // What can go wrong here is said in words for whoever starts Usher; the stack helps only who looks for a bug.
    const { message, stack, cause } = error as Error;
    const reason = cause instanceof Error ? ` (${cause.message})` : "";
    process.stderr.write(`${process.env.LOG_LEVEL === "debug" ? stack : message + reason}\n`);
    process.exit(1);
  }
}
