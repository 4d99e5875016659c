import { parseTenantId, parseUserId } from "../../src/domain/ids.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { graphClient } from "../../src/graph/client.ts";
import { credentialFor } from "../../src/graph/credentials.ts";
import { graphDirectory } from "../../src/graph/directory.ts";

/** A process of its own, because Node reads NODE_EXTRA_CA_CERTS at its start only. Prints the person's name. */
const [authorityUrl = "", graphUrl = "", tenant, user, clientId = "", secret = ""] = process.argv.slice(2);
const tenantId = parseTenantId(tenant);
const userId = parseUserId(user);
if (!tenantId || !userId) throw new Error("a tenant and a person are needed");
const identity = { kind: "secret", clientId, secret: new SecretText(secret) } as const;
const credential = credentialFor(identity, tenantId, authorityUrl, { disableInstanceDiscovery: true });
const directory = graphDirectory(graphClient(graphUrl, credential), { now: () => new Date() });
const person = await directory.person(userId);
process.stdout.write(`${credential.constructor.name}: ${person?.name}\n`);
