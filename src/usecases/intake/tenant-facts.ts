import type { Plan } from "../../domain/plan.ts";
import type { CredentialRules, TenantFacts } from "../../domain/tenant-facts.ts";
import { DirectoryFailure, type World } from "../ports.ts";

/** The tenant's rules on credentials; undefined when Graph does not answer, which stops nobody from asking. */
export async function credentialRules(world: World): Promise<CredentialRules | undefined> {
  return asked(world, "the app management policy", () => world.tenant.credentialRules());
}

/** All that a plan is held against before an approver is asked. */
export async function factsFor(world: World, plan: Plan): Promise<TenantFacts> {
  const clientIds = [...new Set(plan.permissions.map(({ api }) => api))];
  const [apis, rules] = await Promise.all([
    asked(world, "the APIs", () => world.tenant.apis(clientIds)),
    credentialRules(world),
  ]);
  const isMissing = [...(apis?.values() ?? [])].includes(null);
  const mayCreateServicePrincipals = isMissing
    ? await asked(world, "Usher's own rights", () => world.tenant.mayCreateServicePrincipals())
    : undefined;
  return { apis, credentialRules: rules, mayCreateServicePrincipals };
}

async function asked<T>(world: World, what: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, `${what} could not be asked while a form was filled in`);
    return undefined;
  }
}
