import { parseTenantId } from "../../src/domain/ids.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { credentialFor, type Identity } from "../../src/graph/credentials.ts";

/**
 * A process of its own, because Node reads NODE_EXTRA_CA_CERTS at its start only. Gets a token as each identity and
 * prints them; a secret is written as text.
 */
const [authorityUrl = "", tenant, identities = "[]"] = process.argv.slice(2);
const tenantId = parseTenantId(tenant);
if (!tenantId) throw new Error("a tenant is needed");
type Written = Exclude<Identity, { kind: "secret" }> | { clientId: string; kind: "secret"; secret: string };
const tokens: Record<string, string | undefined> = {};
for (const each of JSON.parse(identities) as Written[]) {
  const identity = each.kind === "secret" ? { ...each, secret: new SecretText(each.secret) } : each;
  const credential = credentialFor(identity, tenantId, authorityUrl, { disableInstanceDiscovery: true });
  const answer = await credential.getToken("https://api.botframework.com/.default");
  tokens[each.clientId] = answer?.token;
}
process.stdout.write(JSON.stringify(tokens));
