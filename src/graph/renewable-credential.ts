import type { TokenCredential } from "@azure/identity";

/** A credential that can be told that its token is too old, whatever its end: rights given since are not in it. */
export type RenewableCredential = TokenCredential & {
  /** This one was refused: soon another is asked for. */
  renew(token: string): void;
};

/** Where much is refused, Entra is not asked for a token each time. */
const renewAfterMs = 5_000;

const mostGiven = 20;

/**
 * Made anew, a credential has no tokens yet: each keeps its own. Only those of managed identities are kept by their
 * machine, for up to a day.
 */
export function renewable(make: () => TokenCredential, now: () => number = Date.now): RenewableCredential {
  const begun = () => ({ credential: make(), given: new Set<string>(), since: now(), isRefused: false });
  let current = begun();
  return {
    async getToken(...asked) {
      if (current.isRefused && now() - current.since > renewAfterMs) current = begun();
      const { credential, given } = current;
      const answer = await credential.getToken(...asked);
      // Asked for at once, there may be several that differ.
      if (answer) given.add(answer.token);
      if (given.size > mostGiven) given.delete([...given][0] ?? "");
      return answer;
    },
    renew(token) {
      // Whoever was refused with an older one has the new one by now.
      if (current.given.has(token)) current.isRefused = true;
    },
  };
}
