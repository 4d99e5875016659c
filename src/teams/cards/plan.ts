import {
  highestRank,
  isOwnedByRequester,
  type PermissionKind,
  type Rank,
  type RankedPermission,
} from "../../domain/permission.ts";
import type { Audience, Plan, Platform } from "../../domain/plan.ts";
import { isConsented } from "../../domain/provisioning.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, listed } from "../words.ts";
import { fact, type Line, plain, said, some } from "./text.ts";

/** Teams takes 28 KB for a message; the rest is for what goes around the card. */
const mostBytes = 26_000;

/**
 * How much of a plan a card shows: every sentence, those of the dangerous permissions, all names, or, when even
 * those do not fit, only some of them.
 */
const details = ["sentences", "dangers", "names", "part"] as const;
export type Detail = (typeof details)[number];

/** The most detailed drawing that Teams takes. */
export function fitting(draw: (detail: Detail) => Card): Card {
  for (const detail of details) {
    const card = draw(detail);
    if (detail === "part" || Buffer.byteLength(JSON.stringify(card)) <= mostBytes) return card;
  }
  throw new Error("unreachable: the last detail is always drawn");
}

export const rankWords: Readonly<Record<Rank, string>> = {
  low: "Low risk",
  medium: "Medium risk",
  high: "High risk",
  tier0: "Highest risk",
};
const rankMeaning: Readonly<Record<Rank, string>> = {
  low: "nothing in it is dangerous by itself",
  medium: "it reaches data of more than one person",
  high: "it can read or change much of the organisation's data",
  tier0: "it can take over the whole tenant",
};
const rankStyle: Readonly<Record<Rank, string>> = {
  low: "emphasis",
  medium: "warning",
  high: "attention",
  tier0: "attention",
};
const kindWords: Readonly<Record<PermissionKind, string>> = {
  application: "acts by itself",
  delegated: "acts for a signed-in person",
};
const audienceWords: Readonly<Record<Audience, string>> = {
  AzureADMyOrg: "people of this organisation only",
  AzureADMultipleOrgs: "people of any organisation with Microsoft Entra",
  AzureADandPersonalMicrosoftAccount:
    "people of any organisation, and anybody with a personal Microsoft account",
};
const platformWords: Readonly<Record<Platform, string>> = {
  web: "website",
  spa: "app in the browser",
  public: "app on a device",
};

/** How dangerous a plan is, in a box of its own; in words first, the colour only repeats it. */
export function riskOf(permissions: readonly RankedPermission[]): { style: string; text: string } {
  const rank = highestRank(permissions);
  const few = permissions.filter((each) => each.rank === rank).length;
  const all = counted(permissions.length, "permission");
  const share =
    permissions.length === 0 ? "no permissions" : few < permissions.length ? `${few} of ${all}` : all;
  const byItself = permissions.some(({ kind }) => kind === "application")
    ? " Acts without a signed-in person."
    : "";
  return { style: rankStyle[rank], text: `${rankWords[rank]} (${share}): ${rankMeaning[rank]}.${byItself}` };
}

/** The part of a card that shows the plan: permissions, most dangerous first, then all else that will be made. */
export function planSection(plan: Plan, permissions: readonly RankedPermission[], detail: Detail): Card {
  return expandTemplate("plan", {
    permissions: permissions.length > 0 ? permissionLines(permissions, detail) : [said("No permissions.")],
    facts: factsOf(plan, permissions, detail),
  });
}

function permissionLines(permissions: readonly RankedPermission[], detail: Detail): Line[] {
  if (detail === "names" || detail === "part")
    return groupedLines(permissions, detail === "part" ? 40 : Infinity);
  return permissions.map(({ name, apiName, kind, rank, sentence }) => {
    const isShown = detail === "sentences" || rank === "high" || rank === "tier0";
    const rest = ` · ${rankWords[rank]} · ${kindWords[kind]} · ${apiName}${isShown ? `. ${sentence}` : ""}`;
    return { inlines: [...plain(name, { weight: "Bolder" }), ...plain(rest)] };
  });
}

function groupedLines(permissions: readonly RankedPermission[], most: number): Line[] {
  const groups = Map.groupBy(
    permissions,
    ({ rank, kind, apiName }) => `${rankWords[rank]}, ${kindWords[kind]}, ${apiName}`,
  );
  return [...groups].flatMap(([group, members]) => {
    const names = members.map(({ name }) => name);
    const lines: Line[] = [];
    // A line holds few enough names that none is cut in the middle.
    for (let at = 0; at < Math.min(names.length, most); at += 12) {
      const words = names.slice(at, Math.min(at + 12, most)).join(", ");
      const left = at + 12 >= most && names.length > most ? ` … and ${names.length - most} more` : "";
      lines.push(fact(group, `${words}${left}`));
    }
    return lines;
  });
}

function factsOf(plan: Plan, permissions: readonly RankedPermission[], detail: Detail): Line[] {
  const { audience, redirects, idTokens, accessTokens, credential } = plan;
  const shown = detail === "part" ? redirects.slice(0, 5) : redirects;
  const tokens = [idTokens ? "ID tokens" : [], accessTokens ? "access tokens" : []].flat();
  return [
    fact("Who can sign in", audienceWords[audience]),
    ...shown.map(({ platform, uri }) => fact(`Sign-in returns to (${platformWords[platform]})`, uri)),
    ...(redirects.length > shown.length
      ? [said(`… and ${redirects.length - shown.length} more addresses`)]
      : []),
    ...(redirects.length === 0 ? [fact("Sign-in returns to", "nowhere: no redirect address")] : []),
    ...(tokens.length > 0 ? [fact("Handed straight to the browser", listed(tokens))] : []),
    ...(plan.permissions.length > 0 ? [fact("Consent", consentWords(plan))] : []),
    isOwnedByRequester(permissions)
      ? fact("Owners in Entra", "Usher and the person who asks")
      : fact("Owner in Entra", "Usher alone, because an owner could make secrets past this approval"),
    fact("Credential", `a secret for ${counted(credential.months, "month")}, named ${credential.label}`),
  ];
}

function consentWords(plan: Plan): string {
  return isConsented(plan)
    ? "Usher grants these permissions for the whole organisation"
    : "Usher only lists these permissions; each person, or an admin, still has to consent";
}

/** The names of some people, and how many more there are. */
export const peopleWords = (names: readonly string[]) => some(names, 10);
