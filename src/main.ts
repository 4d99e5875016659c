import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { watchCatalog } from "./catalog/watch-catalog.ts";
import { type Config, type IdentityConfig, readConfig } from "./config.ts";
import { probesOf } from "./doctor.ts";
import { isForbiddenToAll } from "./domain/never.ts";
import { graphClient, hasToken } from "./graph/client.ts";
import { credentialFor } from "./graph/credentials.ts";
import { graphDirectory } from "./graph/directory.ts";
import { graphInspector } from "./graph/inspect.ts";
import type { NeverRules } from "./graph/never.ts";
import { graphRegistrar } from "./graph/registrar.ts";
import { renewable } from "./graph/renewable-credential.ts";
import { graphSignIns } from "./graph/sign-ins.ts";
import { graphTenant } from "./graph/tenant.ts";
import { botIdentity, ownClientIds, signInCredential } from "./identities.ts";
import { createLog } from "./log.ts";
import { type Carrier, openCarrier } from "./store/carrier.ts";
import { type ChatLimits, chatPace, noLimits, teamsLimits } from "./store/chat-pace.ts";
import { figuresOf } from "./store/figures.ts";
import { isMigrated, migrate } from "./store/migrate.ts";
import { migrations } from "./store/migrations.ts";
import type { Schema } from "./store/schema.ts";
import { openStore, takeOverAlone } from "./store/store.ts";
import { openWakeUps } from "./store/wake-ups.ts";
import { type WriteLimit, writeQuota } from "./store/write-quota.ts";
import { activityTokens, type BotFramework, publicBotFramework } from "./teams/activity-token.ts";
import { BotAdapter } from "./teams/adapter.ts";
import { usherBot } from "./teams/bot.ts";
import { riskOf } from "./teams/cards/powers.ts";
import { channelMembers } from "./teams/channel-members.ts";
import { conversationWriter } from "./teams/conversation-writer.ts";
import { activityEndpoint } from "./teams/endpoint.ts";
import { goingOn } from "./teams/going-on.ts";
import { teamsChat } from "./teams/notifier.ts";
import { refusalSentence } from "./teams/words.ts";
import { createMeter } from "./telemetry/meter.ts";
import { observedStore } from "./telemetry/observed-store.ts";
import { inSpan, startTracing } from "./telemetry/tracing.ts";
import { watchGraph, watchJobs } from "./telemetry/watch.ts";
import { carryOutRepair } from "./usecases/drift/carry-out-repair.ts";
import { carryOutNewKey } from "./usecases/handover/carry-out-new-key.ts";
import { handoverDesk } from "./usecases/handover/open-link.ts";
import { carryOutRestoration } from "./usecases/lifecycle/carry-out-restoration.ts";
import { carryOutRevocation } from "./usecases/lifecycle/carry-out-revocation.ts";
import { carryOutEntraOwner } from "./usecases/lifecycle/change-entra-owner.ts";
import { sweep } from "./usecases/lifecycle/sweep.ts";
import type { Clock, Log, World } from "./usecases/ports/world.ts";
import { carryOutCleanUp } from "./usecases/provisioning/carry-out-clean-up.ts";
import { provisionRequest } from "./usecases/provisioning/provision-request.ts";
import { giveUpLeases } from "./usecases/provisioning/under-lease.ts";
import { deliverPosts, leaveRedraws } from "./usecases/telling/deliver-posts.ts";
import { redrawWaiting } from "./usecases/telling/redraw-waiting.ts";
import { createSecretPage } from "./web/secret-page.ts";
import { createServer } from "./web/server.ts";
import { createSignIn } from "./web/sign-in.ts";

export type Usher = {
  port: number;
  world: World;
  /** Reads the catalogue and the policy now, rather than when the next look finds them changed. */
  readCatalog(): void;
  /** Begins nothing more, ends what it is at, and leaves the rest to others. `listenOnMs`: until balancers know. */
  stop(options?: { listenOnMs?: number }): Promise<void>;
};

// A stop takes ten seconds at most. Jobs have this long from its beginning; answers, and after them what goes on after
// its answer, from when nobody listens any more.
const listenOnMs = 2_000;
const answersEndWithinMs = 4_000;
const lateEndsWithinMs = 1_000;
const restWithinMs = 7_000;

export type UsherParts = {
  log?: Log;
  clock?: Clock;
  /** An opened database; otherwise the configuration says which to open. */
  carrier?: Carrier<Schema>;
  /** The last word on what the use cases are given: the trial kills itself at a chosen step with it. */
  adjust?: (world: World) => World;
  /** Who signs activities. A test signs its own; nothing in the environment changes it. */
  botFramework?: BotFramework;
  /** Graph's quota of writes, scaled down for a test. */
  writeLimit?: WriteLimit;
  /** How often cards in one conversation are redrawn at most; 0, for tests: nothing in chat waits for a turn. */
  updateEveryMs?: number;
  /** Teams' limits where it is left out. */
  chatLimits?: ChatLimits;
  /** Waits for a turn to post, for tests that turn their clock instead. */
  pause?: (ms: number) => Promise<unknown>;
  /** Left out, Usher looks at its start and each minute of the real clock for what is due; false for tests that say when. */
  sweeps?: false;
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
      onBroken: (error) => {
        log.error(
          { err: error },
          "the embedded database has stopped, and Usher with it: make room, and start it",
        );
        process.exit(1);
      },
    }));
  await migrate(carrier.db, migrations);
  if (carrier.kind === "embedded") await takeOverAlone(carrier.db);
  const wakeUps = await openWakeUps(carrier, log, clock);
  const meter = createMeter();
  const store = observedStore(openStore(carrier.db, wakeUps.within, config.secretKeys, log), meter);

  const framework = parts.botFramework ?? publicBotFramework;
  const adapter = new BotAdapter(botIdentity(config, framework));
  const { updateEveryMs = 1_000 } = parts;
  const writer = conversationWriter({
    adapter,
    pace: chatPace(carrier.db, {
      holder: randomUUID(),
      clock,
      updateEveryMs,
      limits: parts.chatLimits ?? (updateEveryMs === 0 ? noLimits : teamsLimits),
    }),
    pause: parts.pause,
    botId: config.bot.kind === "trial" ? "" : config.bot.clientId,
    tenantId: config.tenantId,
    conversations: store.tables.conversations,
    clock,
    log,
  });
  const accessFor = (identity: IdentityConfig) => {
    const credential = renewable(() => credentialFor(identity, config.tenantId, config.authorityUrl));
    const client = graphClient(config.graphUrl, credential, {
      tenantId: config.tenantId,
      quota: writeQuota(carrier.db, { identity: identity.clientId, clock, limit: parts.writeLimit }),
      watch: watchGraph(meter),
    });
    return { client, clientId: identity.clientId, credential };
  };
  const provisioning = accessFor(config.provisioning);
  const consent = config.consent && {
    client: config.consent === config.provisioning ? provisioning.client : accessFor(config.consent).client,
  };
  const never: NeverRules = {
    ownClientIds: ownClientIds(config),
    isForbidden: (permission) => isForbiddenToAll(catalog.policy, permission, catalog.permissionFacts),
    isKnownRole: (templateId) => catalog.roleFacts.some((fact) => fact.templateId === templateId),
  };
  const world: World = {
    clock,
    log,
    count: meter.count,
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
    chat: teamsChat(writer),
    probes: probesOf(config, {
      carrier,
      client: provisioning.client,
      clock,
      botResource: framework.resource,
      channelMembers: (id) => channelMembers(writer, id),
      catalogue: () => ({ blueprints: catalog.blueprints.length, problems: watched.problems() }),
    }),
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
  const late = goingOn();
  const bot = usherBot(acting, writer, late);
  const takeActivity = activityEndpoint({
    adapter,
    tenantId: config.tenantId,
    run: (context) => bot.run(context),
    ...(config.bot.kind !== "trial" && {
      check: activityTokens({ botId: config.bot.clientId, framework, clock, log }),
    }),
  });

  const server = createServer({
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    log,
    ready: async () => {
      const [database, graphToken] = await Promise.all([
        isMigrated(carrier.db, migrations).then(
          (isDone) => ({ database: true, migrations: isDone }),
          () => ({ database: false }),
        ),
        hasToken(provisioning.credential, config.graphUrl),
      ]);
      return { ...database, graphToken };
    },
    metrics: {
      answer: meter.answer,
      async text() {
        const figures = figuresOf(carrier.db, clock.now());
        return meter.text(await figures.catch(() => undefined));
      },
    },
    messages: async (request, response) => {
      const { type, name } = request.body as { type?: unknown; name?: unknown };
      // Nobody has checked yet who sent it.
      const said = [type, name].filter((each) => typeof each === "string" && /^[A-Za-z/]{1,40}$/.test(each));
      const attributes = { "usher.activity": said.join(" ") };
      const { status, body, refused } = await inSpan(
        "POST /api/messages",
        { kind: "server", attributes },
        () => takeActivity(request.body, request.headers.authorization),
      );
      if (refused) {
        log.warn({ route: "/api/messages", status, ...refused.details }, refused.sentence);
      }
      response.status(status);
      if (body === undefined) response.end();
      else response.send(body);
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
  await wakeUps.start(
    watchJobs({
      deliver: async (subject) => {
        if (!(await deliverPosts(acting, subject))) throw new Error("a message is still to be delivered");
      },
      provision: (id) => provisionRequest(acting, id),
      clean: (id) => carryOutCleanUp(acting, id),
      "new-key": (id) => carryOutNewKey(acting, id),
      revoke: (id) => carryOutRevocation(acting, id),
      restore: (id) => carryOutRestoration(acting, id),
      repair: (id) => carryOutRepair(acting, id),
      "entra-owner": (id) => carryOutEntraOwner(acting, id),
      ...(parts.sweeps !== false && {
        sweep: async () => {
          await sweep(acting, clock.now());
          await carrier.tend();
        },
      }),
    }),
  );
  onRead = () => {
    redrawWaiting(acting).catch((error: unknown) => log.error({ err: error }, "cards could not be redrawn"));
  };
  // Not waited for: it may ask Graph, and Usher is ready without it.
  if (parts.sweeps !== false)
    sweep(acting, clock.now()).catch((error: unknown) => log.error({ err: error }, "the first sweep broke"));
  log.info({ port, database: carrier.kind, blueprints: catalog.blueprints.length }, "ready");

  /** Others find it all the same, a little later: a database that does not answer must not keep us. */
  const left = (error: unknown) => log.warn({ err: error }, "what was under way could not be left to others");
  return {
    port,
    world: acting,
    readCatalog: watched.reload,
    async stop({ listenOnMs = 0 } = {}) {
      watched.close();
      server.retire();
      const rested = wakeUps.rest(restWithinMs);
      await wait(listenOnMs);
      await server.close(answersEndWithinMs);
      await late.ended(lateEndsWithinMs);
      await rested;
      await leaveRedraws(acting).catch(left);
      // In this order: a job that ends because its lease is gone would be settled, and woken by nobody.
      await wakeUps.stop(0);
      await giveUpLeases(acting).catch(left);
      await carrier.close();
    },
  };
}

/** Ends a process on the signals that ask for it: what runs may finish first. What hangs is cut off, and others go on with it. */
export function stopOnSignals(stop: () => Promise<void>, { cutAfterMs = 9_500 } = {}): void {
  const log = createLog("info");
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      const cut = () => {
        log.warn({ signal, afterMs: cutAfterMs }, "what did not end in time was cut off");
        process.exit(0);
      };
      setTimeout(cut, cutAfterMs).unref();
      void stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, "the stop broke");
          process.exit(1);
        },
      );
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    const config = readConfig(process.env);
    const stopTracing = config.tracesTo ? await startTracing() : async () => {};
    const usher = await startUsher(config);
    stopOnSignals(async () => {
      // Who is alone has nobody to leave them to.
      await usher.stop("databaseUrl" in config.database ? { listenOnMs } : {});
      await stopTracing();
    });
  } catch (error) {
    // What can go wrong here is said in words for whoever starts Usher; the stack helps only who looks for a bug.
    const { message, stack, cause } = error as Error;
    const reason = cause instanceof Error ? ` (${cause.message})` : "";
    process.stderr.write(`${process.env.LOG_LEVEL === "debug" ? stack : message + reason}\n`);
    process.exit(1);
  }
}
