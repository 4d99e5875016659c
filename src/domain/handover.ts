import type { ClientId, TenantId } from "./ids.ts";
import type { HandoverValue, Plan } from "./plan.ts";

/** What is known of a registration once it is made. */
export type Made = {
  clientId: ClientId;
  tenantId: TenantId;
  /** Sign-in, without the tenant and without a slash at the end. */
  authorityUrl: string;
};

export type HandoverField = { label: string; value: string; where?: string };

type Known = Partial<Record<string, string>>;

function knownOf(plan: Plan, { clientId, tenantId }: Made): Known {
  return {
    clientId,
    tenantId,
    identifierUri: `api://${clientId}`,
    ...(plan.credential.kind === "certificate" && { thumbprint: plan.credential.thumbprint }),
  };
}

/** Fills what was not known before it was made. Other double braces are the text's own. */
const filled = (text: string, known: Known) =>
  text.replaceAll(/\{\{(\w+)\}\}/g, (braces, key: string) =>
    Object.hasOwn(known, key) ? (known[key] ?? braces) : braces,
  );

const textOf = (value: HandoverValue, known: Known) =>
  value.startsWith("=") ? filled(value.slice(1), known) : known[value];

/** The vendor's labels with their values, without the secret's. */
export function handoverEntries(plan: Plan, made: Made): HandoverField[] {
  const known = knownOf(plan, made);
  const fields = plan.handover.flatMap(({ label, value, where }): HandoverField[] => {
    const text = textOf(value, known);
    return text === undefined ? [] : [{ label, value: text, ...(where && { where }) }];
  });
  const link = consentLink(plan, made);
  return link === undefined ? fields : [...fields, { label: "Admin consent for other tenants", value: link }];
}

/** Usher can consent in its own tenant only: elsewhere an administrator opens this address. */
function consentLink(plan: Plan, { clientId, authorityUrl }: Made): string | undefined {
  if (plan.audience === "AzureADMyOrg" || plan.permissions.length === 0) return undefined;
  const redirect = plan.redirects.find(({ platform }) => platform === "web")?.uri;
  const query = new URLSearchParams({
    client_id: clientId,
    // It stands for all that the application declares, of every API.
    scope: "https://graph.microsoft.com/.default",
    ...(redirect !== undefined && { redirect_uri: redirect }),
  });
  return `${authorityUrl}/organizations/v2.0/adminconsent?${query}`;
}

/** What to do in the target product, and in Azure, in order. */
export function nextSteps(plan: Plan, made: Made): string[] {
  const known = knownOf(plan, made);
  const azureSteps = (plan.azureRoles ?? []).map(
    ({ role, scope }) =>
      `Ask whoever may give roles in Azure: give the app ${plan.displayName} the Azure role ${role} on ${scope} (Azure portal, Access control (IAM)).`,
  );
  // First, since what follows works only with them, and somebody else has to do it.
  return [...azureSteps, ...plan.next.map((text) => filled(text, known))];
}
