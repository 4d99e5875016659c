import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { AzureRefusal, azureRest } from "./azure-rest.ts";
import { readEnvironmentFile } from "./env-file.ts";

const usage = `How to use it, signed in with az login as somebody who may change the resource group:
  npm run secret-key -- --env dev

It makes a SECRET_KEY in the vault that VAULT_RESOURCE_ID in env/.env.dev names, if there is none yet. The key is never
printed, and is nowhere but in the vault. A key that is there stays.
`;

const apiVersion = "2024-11-01";
const vaultId =
  /^\/subscriptions\/[^/?#]+\/resourceGroups\/[^/?#]+\/providers\/Microsoft\.KeyVault\/vaults\/[\w-]+$/i;

async function main(words: string[]): Promise<0 | 2> {
  try {
    const { env } = parseArgs({ args: words, options: { env: { type: "string" } } }).values;
    const vault = env === undefined ? undefined : readEnvironmentFile(env)?.VAULT_RESOURCE_ID?.trim();
    if (!vault || !vaultId.test(vault)) {
      process.stderr.write(usage);
      return 2;
    }
    const azure = azureRest(process.env.AZURE_RESOURCE_MANAGER_URL?.trim() || "https://management.azure.com");
    // As a resource, a secret can be made by whoever deploys, but its value is never given back.
    const secret = `${vault}/secrets/secret-key?api-version=${apiVersion}`;
    const isThere = await azure("GET", secret).then(
      () => true,
      (error: unknown) => {
        if (error instanceof AzureRefusal && error.status === 404) return false;
        throw error;
      },
    );
    if (!isThere) {
      const properties = { value: randomBytes(32).toString("base64"), contentType: "SECRET_KEY of Usher" };
      await azure("PUT", secret, { properties });
    }
    process.stdout.write(isThere ? "The vault has a key already. It stays.\n" : "The vault has a key now.\n");
    return 0;
  } catch (error) {
    process.stderr.write(
      `It could not be done: ${(error as Error).message}\nThe vault is as it was, or has a new key.\n`,
    );
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
