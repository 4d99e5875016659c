import { compareRights } from "../../domain/own-permissions.ts";
import type { IdentityProbe, Probes } from "../ports/probes.ts";
import type { Patient } from "./checks.ts";
import { type Finding, ok, unknown, wrong } from "./finding.ts";

const grant =
  "A Privileged Role Administrator says npm run grant-permissions. After it Entra takes some minutes, and a managed identity keeps its token for up to a day.";

export async function checkIdentities(identity: IdentityProbe, { probes }: Patient): Promise<Finding[]> {
  const name = `Rights for ${identity.parts.join(" and ")}`;
  const held = await identity.rights();
  if (!held)
    return [
      unknown(
        name,
        "It signs in, and its token does not say which rights it has.",
        "Look at its permissions in Entra, at its service principal.",
      ),
    ];
  const clientIdOf = (part: "provisioning" | "consent") =>
    probes.identities.find(({ parts }) => parts.includes(part))?.clientId ?? "none";
  const identities = { provisioning: clientIdOf("provisioning"), consent: clientIdOf("consent") };
  const { missing, optional, needless } = compareRights(held, identities, identity.clientId);
  const lacks = missing.map(({ name: right, reason }) =>
    wrong(name, `${right} is missing. Usher needs it to ${reason}.`, grant),
  );
  const beyond =
    needless.length === 0
      ? []
      : [
          wrong(
            name,
            `It holds what Usher never uses: ${needless.join(", ")}.`,
            "Take it away in Entra, at its service principal: whoever gets hold of this identity has it too.",
          ),
        ];
  if (lacks.length + beyond.length > 0) return [...lacks, ...beyond];
  const more = optional.length === 0 ? "" : ` It also holds ${optional.join(", ")}, which Usher can use.`;
  return [ok(name, `It signs in, and holds each right that it needs.${more}`)];
}

export async function checkBot({ botToken }: Probes): Promise<Finding[]> {
  const name = "The bot's token";
  const isOwn = await botToken();
  return [
    ok(name, isOwn ? "The bot's identity signs in." : "The trial talks to no real Teams, and needs none."),
  ];
}

/** Entra's own limit for identities without a role that lifts it. */
const mostObjects = 250;

export async function checkObjects({ ownedObjects }: Probes): Promise<Finding[]> {
  const name = "Objects in Entra";
  const owned = await ownedObjects();
  const says = `Usher's identity owns ${owned} objects. Without an administrator's role it may own ${mostObjects}, and what was deleted counts for 30 days.`;
  if (owned < mostObjects * 0.9) return [ok(name, says)];
  return [
    wrong(
      name,
      says,
      "Give it a custom role with microsoft.directory/applications/create, or revoke what nobody needs. If it has such a role, leave it so.",
    ),
  ];
}

export async function checkSignIn({ probes, settings, catalog }: Patient): Promise<Finding[]> {
  const name = "Sign-in for links";
  const found = await probes.signIn();
  if (!found)
    return [
      wrong(
        name,
        "The tenant has no registration with the client id of SIGNIN_CLIENT_ID, so nobody can open a link.",
        "Name the registration that people sign in with.",
      ),
    ];
  const wanted = `${settings.publicUrl}/s/callback`;
  if (!found.redirectUris.some((uri) => isSameRedirect(uri, wanted)))
    return [
      wrong(
        name,
        `${wanted} is none of its redirect addresses, so nobody can open a link.`,
        "Add it in Entra, at that registration, under Authentication, platform Web.",
      ),
    ];
  const needsFresh = Object.values(catalog.policy.ranks).some(({ freshSignIn }) => freshSignIn);
  if (needsFresh && !found.idTokenClaims.includes("auth_time"))
    return [
      wrong(
        name,
        "Policy wants a fresh sign-in for approvals, and the ID token does not say when somebody signed in.",
        "Add the optional claim auth_time to the ID token of that registration.",
      ),
    ];
  return [ok(name, "Its redirect address is registered.")];
}

/** Entra compares them letter by letter, but of an address on this machine (the trial's) all but the port. */
function isSameRedirect(registered: string, wanted: string): boolean {
  const [a, b] = [URL.parse(registered), URL.parse(wanted)];
  const isHere = b?.protocol === "http:" && a?.protocol === "http:" && a.hostname === b.hostname;
  return isHere ? a.pathname === b.pathname : registered === wanted;
}
