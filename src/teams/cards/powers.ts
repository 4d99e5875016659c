import {
  highestRank,
  type PermissionKind,
  type Rank,
  type RankedPermission,
  type RankedRole,
  rankAzureRole,
  rankPermissions,
} from "../../domain/permission.ts";
import type { Plan } from "../../domain/plan.ts";
import { counted, cut, listed } from "../words.ts";
import type { Detail } from "./fitting.ts";
import { fact, type Line, plain, some } from "./text.ts";

/** All that an app is given power by. */
export type Powers = { permissions: readonly RankedPermission[]; roles: readonly RankedRole[] };

/** Who reads: whoever asks wants to know what it allows, whoever approves what can go wrong. */
export type Reader = "requester" | "approver";

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
export const kindWords: Readonly<Record<PermissionKind, string>> = {
  application: "acts by itself",
  delegated: "acts for a signed-in person",
};
const byDanger: readonly Rank[] = ["tier0", "high", "medium", "low"];

/** How dangerous a plan is, in a box of its own; in words first, the colour only repeats it. */
export function riskOf(
  { permissions, roles }: Powers,
  { azureRoles = [] }: Plan,
): { style: string; text: string } {
  const azure = azureRoles.map(({ role }) => ({ role, rank: rankAzureRole(role) }));
  const rank = highestRank([...permissions, ...roles, ...azure]);
  const share = (all: readonly { rank: Rank }[], one: string) => {
    const few = all.filter((each) => each.rank === rank).length;
    if (few === 0) return [];
    return [few < all.length ? `${few} of ${counted(all.length, one)}` : counted(all.length, one)];
  };
  const shares = [
    ...share(permissions, "permission"),
    ...share(roles, "directory role"),
    ...share(azure, "Azure role"),
  ];
  const wider = [...permissions, ...roles].filter(({ beyondMinimum }) => beyondMinimum).length;
  const beyond = wider > 0 ? ` Beyond the vendor's minimum: ${wider}.` : "";
  const isAlone = roles.length > 0 || permissions.some(({ kind }) => kind === "application");
  const byItself = isAlone ? " Acts without a signed-in person." : "";
  const named = some(
    azure.map(({ role }) => cut(role, 60)),
    3,
  );
  const inAzure = named ? ` Azure role that somebody gives by hand: ${named}.` : "";
  return {
    style: rankStyle[rank],
    text: `${rankWords[rank]} (${shares.join(", ") || "no permissions"}): ${rankMeaning[rank]}.${byItself}${beyond}${inAzure}`,
  };
}

/** `3 permissions and 1 directory role, highest risk`. */
export function powersInShort({ permissions, roles }: Powers, { azureRoles = [] }: Plan): string {
  const counts = [
    ...(permissions.length > 0 ? [counted(permissions.length, "permission")] : []),
    ...(roles.length > 0 ? [counted(roles.length, "directory role")] : []),
    ...(azureRoles.length > 0 ? [counted(azureRoles.length, "Azure role")] : []),
  ];
  if (counts.length === 0) return "none";
  const azure = azureRoles.map(({ role }) => ({ rank: rankAzureRole(role) }));
  return `${listed(counts)}, ${rankWords[highestRank([...permissions, ...roles, ...azure])].toLowerCase()}`;
}

type Power = {
  name: string;
  rank: Rank;
  /** What it is: how it acts and where. */
  what: string;
  isBeyond: boolean;
  sentence: string;
  smaller: string | undefined;
};

/** A publisher may have written pages; what counts stands at their beginning. */
const longestAllows = 400;

/** What the domain says of a permission that nobody has described. */
const [undescribed] = rankPermissions([{ api: "", apiName: "", name: "", kind: "application" }], []);

function sentenceOf({ allows, sentence }: RankedPermission, reader: Reader): string {
  const theirs = allows && cut(allows, longestAllows);
  if (!theirs) return sentence;
  if (reader === "requester") return theirs;
  return sentence === undescribed?.sentence ? `${sentence} Its publisher says: ${theirs}` : sentence;
}

const beyondWords = ({ isBeyond }: Power) => (isBeyond ? " · beyond the vendor's minimum" : "");

/** Roles and permissions in one list, most dangerous first; of the same rank, roles reach further. */
function powersOf({ permissions, roles }: Powers, reader: Reader): Power[] {
  const powers: Power[] = [
    ...roles.map((role) => ({
      name: role.name,
      rank: role.rank,
      what: "directory role",
      isBeyond: role.beyondMinimum === true,
      sentence: role.sentence,
      smaller: role.smaller?.sentence,
    })),
    ...permissions.map((permission) => ({
      name: permission.name,
      rank: permission.rank,
      what: `${kindWords[permission.kind]} · ${permission.apiName}`,
      isBeyond: permission.beyondMinimum === true,
      sentence: sentenceOf(permission, reader),
      smaller: permission.smaller?.sentence,
    })),
  ];
  return byDanger.flatMap((rank) => powers.filter((power) => power.rank === rank));
}

/** One line for each; whoever asks also reads what would be less. */
export function powerLines(asked: Powers, detail: Detail, reader: Reader): Line[] {
  const powers = powersOf(asked, reader);
  if (detail === "names" || detail === "part") return groupedLines(powers, detail === "part" ? 40 : Infinity);
  return powers.flatMap((power) => {
    const { name, rank, what, sentence, smaller } = power;
    const isShown = detail === "sentences" || rank === "high" || rank === "tier0";
    const line: Line = {
      inlines: [
        ...plain(name, { weight: "Bolder" }),
        ...plain(` · ${rankWords[rank]} · ${what}`),
        ...(power.isBeyond ? plain(beyondWords(power), { weight: "Bolder" }) : []),
        ...(isShown ? plain(`. ${sentence}`) : []),
      ],
    };
    const isLessShown = isShown && smaller !== undefined && reader === "requester";
    return isLessShown ? [line, fact("Less", smaller, { isSubtle: true })] : [line];
  });
}

function groupedLines(powers: readonly Power[], most: number): Line[] {
  const groups = Map.groupBy(
    powers.slice(0, most),
    (power) => `${rankWords[power.rank]} · ${power.what}${beyondWords(power)}: `,
  );
  const lines = [...groups].flatMap(([group, members]) =>
    rowsOf(members.map(({ name }) => name)).map(
      (names): Line => ({ inlines: [...plain(group, { weight: "Bolder" }), ...plain(names)] }),
    ),
  );
  const left = powers.length - most;
  return left > 0 ? [...lines, { inlines: plain(`… and ${left} more`) }] : lines;
}

/** Names in rows that are short enough for none to be cut. */
export function rowsOf(names: readonly string[]): string[] {
  const rows: string[] = [];
  for (let at = 0; at < names.length; at += 8) rows.push(names.slice(at, at + 8).join(", "));
  return rows;
}
