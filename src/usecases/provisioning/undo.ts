import type { ApplicationObjectId, ServicePrincipalId } from "../../domain/ids.ts";
import { type StepName, stepPatience } from "../../domain/provisioning.ts";
import type { In } from "../../domain/request.ts";
import { isForeign, isUnclear } from "../../domain/what-exists.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Lease, StepRow } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { federatedName, removeCredentials } from "./remove-credentials.ts";

/** One run over one request that is cleaned up, and the lease under which it writes. */
export type Undoing = { request: In<"cleaning">; rows: readonly StepRow[]; lease: Lease };

type Outcome = StepRow["outcome"];
type Undo = {
  /** What must be known of the step as it was made. */
  intent(made: StepRow): Outcome;
  /** Succeeds when nothing is left. `keep` saves what was found, before it is touched. */
  act(
    world: World,
    undoing: Undoing,
    row: StepRow,
    keep: (outcome: Outcome) => Promise<void>,
  ): Promise<Outcome>;
};

const asItWas = (made: StepRow) => made.intent;

/** Nothing to be done: it goes with the service principal or the application, or it is nothing in Entra. */
const goesAlong: Undo = { intent: asItWas, act: async () => ({}) };

const removeGrants: Undo = {
  intent: asItWas,
  async act(world, { rows }) {
    const { servicePrincipalId, principalSince } = madeBefore(rows);
    if (servicePrincipalId) await world.registrar.removeGrants(servicePrincipalId, principalSince);
    return {};
  },
};

/** Undoes each step, last made first. */
export const undo: Readonly<Record<StepName, Undo>> = {
  credential: {
    intent: (made) => ({
      ...made.intent,
      ...(isUnclear(made) && { unclear: "true" }),
      ...(made.outcome.unmade !== undefined && { unmade: made.outcome.unmade }),
    }),
    async act(world, undoing, row, keep) {
      const { request, rows, lease } = undoing;
      const { applicationObjectId, since } = madeBefore(rows);
      await abandonKeys(world, undoing, row);
      if (!applicationObjectId) return {};
      const mayStand = row.intent.unclear !== undefined && row.outcome.federatedRemoved === undefined;
      const name = mayStand ? federatedName(request.plan.credential) : undefined;
      await removeCredentials(
        world,
        {
          requestId: request.id,
          applicationObjectId,
          since,
          federated: name ? { name, since: request.cleaningSince } : undefined,
          lease,
        },
        { federated: () => keep({ federatedRemoved: "true" }) },
      );
      return {};
    },
  },
  "personal-chat": goesAlong,
  "directory-roles": removeGrants,
  "admin-consent": removeGrants,
  "delegated-permissions": removeGrants,
  "application-permissions": removeGrants,
  "identifier-uri": goesAlong,
  "service-principal": {
    intent: asItWas,
    async act(world, { rows }) {
      const { servicePrincipalId, principalSince } = madeBefore(rows);
      // One whose making was never answered goes with its application: nobody could sign in with it yet.
      if (servicePrincipalId)
        await world.registrar.disableServicePrincipal(servicePrincipalId, principalSince);
      return {};
    },
  },
  application: {
    intent: (made) => (isUnclear(made) ? { ...made.intent, unclear: "true" } : made.intent),
    async act(world, { request }, row, keep) {
      if (isForeign(row.outcome)) return {};
      const found = row.outcome.applicationObjectId ? undefined : await findByName(world, request, row);
      if (found === "foreign") return { foreign: "true" };
      if (found) await keep(found);
      const { applicationObjectId, madeAt } = { ...row.outcome, ...found };
      if (applicationObjectId) {
        const since = new Date(madeAt ?? 0);
        await world.registrar.deleteApplication(applicationObjectId as ApplicationObjectId, since);
      }
      return found ?? {};
    },
  },
  // Others in the tenant may use them by now: the cards say that they stay.
  "missing-apis": goesAlong,
};

/** Until half an hour after everybody stopped making it, what is not found may only not be seen yet. */
async function findByName(
  world: World,
  { id, cleaningSince }: In<"cleaning">,
  { intent }: StepRow,
): Promise<{ applicationObjectId: string; clientId: string; madeAt: string } | "foreign" | undefined> {
  try {
    const found = intent.uniqueName && (await world.registrar.findApplication(intent.uniqueName, id));
    if (found) {
      const { applicationObjectId, clientId } = found;
      return { applicationObjectId, clientId, madeAt: cleaningSince.toISOString() };
    }
  } catch (error) {
    if (error instanceof DirectoryFailure && error.isForeign) return "foreign";
    throw error;
  }
  const waitedMs = world.clock.now().getTime() - cleaningSince.getTime();
  if (intent.unclear === undefined || waitedMs > stepPatience.ms) return undefined;
  throw new DirectoryFailure(
    "Entra did not say whether it made the application, and does not show it. Usher looks for half an hour, since Entra can lag.",
    { kind: "retry", isLag: true },
  );
}

/** From now on a sweep looks for them too, since reads at Graph lag. What was refused at once is nowhere. */
async function abandonKeys(world: World, { request, lease }: Undoing, { intent }: StepRow): Promise<void> {
  const at = world.clock.now();
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    await tables.links.cancel({ requestId: request.id });
    const keys = await tables.keys.of(request.id);
    const newest = keys.toSorted((a, b) => b.changedAt.getTime() - a.changedAt.getTime())[0];
    for (const key of keys) {
      const isNowhere = key === newest && intent.unmade !== undefined;
      if (isNowhere) await tables.keys.update({ ...key, state: "removed", changedAt: at });
      else if (key.state === "intended" || key.state === "current")
        await tables.keys.update({ ...key, state: "abandoned", changedAt: at });
    }
  });
}

/** What the steps made, as far as it is known. */
function madeBefore(rows: readonly StepRow[]) {
  const rowOf = (step: StepName) => rows.find((row) => row.step === step);
  const outcome = (step: StepName): Outcome => rowOf(step)?.outcome ?? {};
  const { applicationObjectId, madeAt } = outcome("application");
  const since = new Date(madeAt ?? 0);
  return {
    applicationObjectId: applicationObjectId as ApplicationObjectId | undefined,
    servicePrincipalId: outcome("service-principal").servicePrincipalId as ServicePrincipalId | undefined,
    since,
    principalSince: rowOf("service-principal")?.doneAt ?? since,
  };
}
