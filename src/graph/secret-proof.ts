import type { ExpectedRoles } from "../domain/consent-check.ts";
import type { SecretText } from "../domain/secret-text.ts";
import type { SecretProof } from "../usecases/ports/entra.ts";

/** Asks for a token for each API, and says what it is worth. `tokenFor` answers undefined where none is given. */
export async function proofOf(
  expected: readonly ExpectedRoles[],
  tokenFor: (api: string) => Promise<SecretText | undefined>,
): Promise<SecretProof> {
  const seen = await Promise.all(
    expected.map(async ({ api, apiName, allowed, required }) => {
      const token = await tokenFor(api);
      if (!token) return { isRefused: true, missing: [], beyond: [] };
      const roles = rolesIn(token);
      const named = (names: string[]) => names.map((name) => `${name} (${apiName})`);
      return {
        isRefused: false,
        missing: named(roles ? required.filter((name) => !roles.includes(name)) : []),
        beyond: named(roles ? roles.filter((name) => !allowed.includes(name)) : []),
      };
    }),
  );
  const beyond = seen.flatMap((each) => each.beyond);
  if (beyond.length > 0) return { proof: "too-wide", beyond };
  const missing = seen.flatMap((each) => each.missing);
  const isLate = missing.length > 0 || seen.some(({ isRefused }) => isRefused);
  return isLate ? { proof: "not-yet", missing } : { proof: "works" };
}

/**
 * The application permissions in an access token. Its signature does not matter: it comes from the sign-in service, and
 * nothing is allowed on the strength of it. Microsoft promises no form of it to anybody but the API (some encrypt it):
 * undefined where it cannot be read, and then having it is all the proof there is.
 */
function rolesIn(token: SecretText): string[] | undefined {
  const [, claims = ""] = token.reveal().split(".");
  try {
    const read = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as { roles?: unknown };
    return Array.isArray(read.roles) ? read.roles.map(String) : [];
  } catch {
    return undefined;
  }
}
