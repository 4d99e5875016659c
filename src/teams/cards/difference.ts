import type { Credential } from "../../domain/plan.ts";
import type { Difference } from "../../domain/plan-difference.ts";
import { counted } from "../words.ts";
import { audienceWords } from "./plan-facts.ts";
import { kindWords, rowsOf } from "./powers.ts";
import { fact, type Line, said } from "./text.ts";

type Of<W extends Difference["what"]> = Extract<Difference, { what: W }>;
type Named = Of<"permission"> | Of<"role">;

const credentialWords: Readonly<Record<Credential["kind"], string>> = {
  secret: "a secret",
  certificate: "a certificate",
  federated: "a federated credential, without a secret",
  none: "nothing: it has no credential",
};

/** What one plan has other than the one before, what went first. `most`: how many names and addresses are written out. */
export function differenceLines(changes: readonly Difference[], most = Infinity): Line[] {
  const isNamed = (each: Difference): each is Named => each.what === "permission" || each.what === "role";
  const named = changes.filter(isNamed);
  return [
    ...namesOf("No longer asked for", named.filter(({ change }) => change === "dropped").map(nameOf), most),
    ...namesOf("New", named.filter(({ change }) => change === "added").map(nameOf), most),
    ...addresses(changes, "dropped", "Sign-in no longer returns to", most),
    ...addresses(changes, "added", "New: sign-in returns to", most),
    ...changes.flatMap(otherLines),
  ];
}

/** An app may have the same permission in both kinds, and one of them reaches much further. */
const nameOf = (each: Named) =>
  each.what === "role"
    ? `${each.name} (directory role)`
    : `${each.permission.name} (${kindWords[each.permission.kind]})`;

function namesOf(label: string, names: readonly string[], most: number): Line[] {
  const left = names.length - most;
  return [
    ...rowsOf(names.slice(0, most)).map((row) => fact(label, row)),
    ...(left > 0 ? [fact(label, `${left} more`)] : []),
  ];
}

function addresses(
  changes: readonly Difference[],
  change: "added" | "dropped",
  label: string,
  most: number,
): Line[] {
  const uris = changes.flatMap((each) =>
    each.what === "redirect" && each.change === change ? [each.uri] : [],
  );
  const left = uris.length - most;
  return [
    ...uris.slice(0, most).map((uri) => fact(label, uri)),
    ...(left > 0 ? [fact(label, `${left} more`)] : []),
  ];
}

function otherLines(change: Difference): Line[] {
  switch (change.what) {
    case "permission":
    case "role":
    case "redirect":
      return [];
    case "life":
      return [said(`The secret lives ${counted(change.to, "month")}, not ${change.from}.`)];
    case "name":
      return [fact("New name", change.to), fact("Name before", change.from)];
    case "audience":
      return [
        said(`Now ${audienceWords[change.to]} can sign in; before it was ${audienceWords[change.from]}.`),
      ];
    case "owner":
      return [
        said(
          change.to === "requester"
            ? "The person who asks now owns it in Entra too."
            : "Usher alone now owns it in Entra.",
        ),
      ];
    case "credential":
      return [
        said(
          `It now signs in with ${credentialWords[change.to]}; before it was ${credentialWords[change.from]}.`,
        ),
      ];
    case "other":
      return [said("Something else has changed too: read what will be made.")];
    default:
      return change satisfies never;
  }
}
