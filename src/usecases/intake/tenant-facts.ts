import type { Plan } from "../../domain/plan.ts";
import type { CredentialRules, TenantFacts } from "../../domain/tenant-facts.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

/** The tenant's rules on credentials, and whether they are known. */
export type KnownRules = { rules: CredentialRules | undefined; isKnown: boolean };

/** A form is drawn with them or without: a person does not wait for them. */
const rulesPatienceMs = 1000;
/** Entra takes no plan with more, so it is turned away without asking for each. */
const mostApis = 50;

/** Asks for the rules, once an act. Graph being slow or down stops nobody from asking for something. */
export async function credentialRules(world: World): Promise<KnownRules> {
  const asking = asked(world, "the app management policy", () => world.tenant.credentialRules());
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, rulesPatienceMs, undefined);
  });
  const answer = await Promise.race([asking, tooLong]);
  clearTimeout(timer);
  return { rules: answer?.is, isKnown: answer !== undefined };
}

/** All that a plan is held against before an approver is asked. */
export async function factsFor(world: World, plan: Plan, known: KnownRules): Promise<TenantFacts> {
  const clientIds = [...new Set(plan.permissions.map(({ api }) => api))];
  const answer =
    clientIds.length > mostApis
      ? undefined
      : await asked(world, "the APIs", () => world.tenant.apis(clientIds));
  const apis = answer?.is ?? new Map();
  const mayCreate = [...apis.values()].includes(null)
    ? await asked(world, "Usher's own rights", () => world.tenant.mayCreateServicePrincipals())
    : undefined;
  return {
    apis,
    credentialRules: known.rules,
    mayCreateServicePrincipals: mayCreate?.is,
    isUnchecked: !known.isKnown || clientIds.some((clientId) => !apis.has(clientId)),
  };
}

/** Undefined when it could not be asked. */
async function asked<T>(world: World, what: string, ask: () => Promise<T>): Promise<{ is: T } | undefined> {
  try {
    return { is: await ask() };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, `${what} could not be asked while a form was filled in`);
    return undefined;
  }
}
