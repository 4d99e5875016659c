import { company } from "../../src/local/tenant/company.ts";
import type { Typed } from "./asking.ts";
import { type EndState, usher } from "./end-state.ts";

/**
 * One way to answer a system's form and all that it leads to, written down from the vendor's page. `<client id>`,
 * `<tenant id>`, `<thumbprint>` and `<sign-in>` stand for what is known only once it is made; an answer `<pem>` is the
 * certificate with that thumbprint.
 */
export type Variant = {
  it: string;
  answers: Typed;
  /** What stands in Entra, beside what a bare application has. */
  makes: Partial<EndState> & Pick<EndState, "name">;
  /** The vendor's labels and what the requester's card says there, with the place that it goes in. */
  hands: Readonly<Record<string, string>>;
  /** What the review says before it is submitted. */
  promises?: RegExp;
  /** What the requester's card says when it is ready. */
  tells?: RegExp;
  tellsNot?: RegExp;
  /** The secret is opened and obtains a token. It takes a moment, so one variant of a system does it. */
  isOpened?: true;
};

/** Answers that the form turns away, and the sentence that it says. */
export type Refusal = { it: string; answers: Typed; says: string };

export type Systems = Readonly<Record<string, readonly (Variant | Refusal)[]>>;

type Kind = "delegated" | "application";

/** Permissions of one API, their names with spaces between them. */
export const of = (api: string, kind: Kind, names: string) =>
  names.split(" ").map((name) => `${api} ${kind} ${name}`);
export const graph = (kind: Kind, names: string) => of("Microsoft Graph", kind, names);

/** Listed on the application only: each person, or an administrator, agrees later. */
export const declared = (...lists: string[][]) => ({ declared: lists.flat().toSorted() });
/** Listed, and granted for the whole organisation. */
export const granted = (...lists: string[][]) => ({
  ...declared(...lists),
  granted: lists.flat().toSorted(),
});

/** The owners where nothing dangerous is asked for, and nobody gives it a role in Azure. */
export const withRequester = {
  owners: [usher, company.directory.find(({ id }) => id === company.people.requester)?.name ?? ""].toSorted(),
};

/** Where the secret's value would stand. */
export const byLink = "The secret comes by a link in your personal chat with Usher. It works until <day>.";

/** Beside the vendor's labels, where there is no secret. */
export const byCertificate = {
  "Signs in with your certificate":
    "There is no secret. Give your system the private key of the certificate that you gave Usher; it works until <day>. Thumbprint: <thumbprint>",
};
export const byFederation = (issuer: string, subject: string) => ({
  "Signs in without a secret": `There is nothing to keep. Where the app runs, let it ask its own identity provider for a token with these three, letter by letter, and send that to Entra in the place of a secret. Issuer: ${issuer} Subject: ${subject} Audience: api://AzureADTokenExchange`,
});
export const byNothing = {
  "No credential": "It has no credential: it does not sign in by itself.",
};

/** Where an administrator of another tenant agrees to all that the application declares. */
export const consentLink = (redirect: string) => ({
  "Admin consent for other tenants": `<sign-in>/organizations/v2.0/adminconsent?client_id=<client id>&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&redirect_uri=${encodeURIComponent(redirect)}`,
});

/** The same place for every label: the card says it once. */
export const allIn = (where: string) => ({ "Where these go": where });
