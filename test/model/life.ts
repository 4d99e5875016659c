/** What one request, its registration and its secret are, as somebody who reads the README would say it. */
export type Life = {
  state: "pending" | "returned" | "denied" | "withdrawn" | "provisioned";
  /** Counts what was submitted, and each answer to a question. */
  revision: number;
  /** Approvals that are needed. */
  needed: number;
  /** Who approved the revision that stands. */
  votes: readonly Who[];
  registration: "none" | "active" | "revoked";
  /** What becomes of the newest link. */
  link: "none" | "sealed" | "revealed";
  /** How often a secret was shown to somebody. */
  shown: number;
};

export type Who = "mina" | "jonas" | "priya" | "tomas";
export type Act =
  | { act: "approve" | "deny" | "return" | "answer" | "withdraw" | "reveal" | "lost" | "revoke"; who: Who }
  /** The process is stopped and started. */
  | { act: "restart"; who?: undefined };

export const begun = (needed: number): Life => ({
  state: "pending",
  revision: 1,
  needed,
  votes: [],
  registration: "none",
  link: "none",
  shown: 0,
});

const approvers: readonly Who[] = ["priya", "tomas"];

/**
 * What an act makes of it. Mina is who asked and owns it; whatever nobody may do, or comes too late, changes nothing. An
 * approver decides upon what they saw: that revision, and none that was submitted since.
 */
export function after(life: Life, { act, who }: Act, seen = life.revision): Life {
  const isOwner = who === "mina";
  const isApprover = who !== undefined && approvers.includes(who);
  const decides = isApprover && seen === life.revision;
  const isOpen = life.state === "pending" || life.state === "returned";
  switch (act) {
    case "approve": {
      if (!decides || life.state !== "pending") return life;
      const votes = [...new Set([...life.votes, who])].sort();
      return votes.length < life.needed
        ? { ...life, votes }
        : { ...life, votes, state: "provisioned", registration: "active", link: "sealed" };
    }
    case "deny":
      return decides && isOpen ? { ...life, state: "denied" } : life;
    case "return":
      return decides && life.state === "pending" ? { ...life, state: "returned" } : life;
    case "answer":
      return isOwner && life.state === "returned"
        ? { ...life, state: "pending", revision: life.revision + 1, votes: [] }
        : life;
    case "withdraw":
      return isOwner && isOpen ? { ...life, state: "withdrawn" } : life;
    case "reveal":
      return isOwner && life.link === "sealed" ? { ...life, link: "revealed", shown: life.shown + 1 } : life;
    case "lost":
      return isOwner && life.registration === "active" ? { ...life, link: "sealed" } : life;
    case "revoke":
      return (isOwner || isApprover) && life.registration === "active"
        ? { ...life, registration: "revoked", link: "none" }
        : life;
    case "restart":
      return life;
    default:
      return act satisfies never;
  }
}
