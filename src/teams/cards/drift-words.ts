import type { Drift } from "../../domain/drift.ts";
import type { DriftView } from "../../usecases/telling/registration-views.ts";
import { exposedWords, settingWords, type Words } from "./drift-of-tokens.ts";
import { audienceWords } from "./plan-facts.ts";
import { kindWords, rankWords } from "./powers.ts";

type Shown = DriftView["findings"][number];

const noMoreSignIn = "What uses it can no longer sign in.";

/** What somebody changed, and what that means. */
export function driftWords({ drift, ranked }: Pick<Shown, "drift" | "ranked">): Words {
  const risk = ranked ? `${rankWords[ranked.rank]}. ${ranked.sentence}` : "";
  switch (drift.what) {
    case "deleted":
      return deletedWords(drift);
    case "role": {
      const { name, scope } = drift.role;
      const where = scope === "/" ? "" : " Over a part of the directory only.";
      return drift.change === "added"
        ? {
            what: "It was given the directory role",
            name,
            means: `Nobody approved it here.${where} ${risk}`.trim(),
          }
        : { what: "It lost the directory role", name, means: "It cannot do what the role let it do." };
    }
    case "consent": {
      const { permission } = drift;
      const name = `${permission.name} (${kindWords[permission.kind]}, ${permission.apiName})`;
      return drift.change === "added"
        ? { what: "Consent was given to", name, means: `Nobody approved it here. ${risk}`.trim() }
        : { what: "Consent was taken away from", name, means: "It cannot do that any more." };
    }
    case "declared": {
      const { permission } = drift;
      const name = `${permission.name} (${kindWords[permission.kind]}, ${permission.apiName})`;
      return drift.change === "added"
        ? {
            what: "It now asks for",
            name,
            means: "Nothing is given by that alone, but one press of an administrator gives it.",
          }
        : {
            what: "It no longer asks for",
            name,
            means: "What was consented to still holds; only the list of what it asks for is shorter.",
          };
    }
    case "redirect":
      return drift.change === "added"
        ? {
            what: "Sign-in may also return to",
            name: drift.uri,
            means: "Whoever has that address can be handed the sign-ins of people.",
          }
        : {
            what: "Sign-in no longer returns to",
            name: drift.uri,
            means: "Signing in there does not work any more.",
          };
    case "setting":
      return settingWords(drift);
    case "exposed":
      return exposedWords(drift);
    case "owner":
      return drift.change === "added"
        ? {
            what: drift.onPrincipal ? "A new owner of its enterprise application" : "A new owner in Entra",
            name: drift.name,
            means: drift.onPrincipal
              ? "Such an owner can add secrets there, which sign in as this app, without anybody's approval."
              : "An owner can add secrets and addresses without anybody's approval.",
          }
        : {
            what: "No longer an owner in Entra",
            name: drift.name,
            means: "Usher still counts this person as the owner.",
          };
    case "secret":
    case "certificate":
    case "federated":
      return credentialWords(drift);
    case "sign-in":
      return drift.change === "disabled"
        ? { what: "It was disabled", means: "It gets no new tokens." }
        : { what: "It was enabled again", means: "An approver had accepted that it is disabled." };
    case "audience":
      return {
        what: `Now ${audienceOf(drift.to)} can sign in`,
        means: `Approved was: ${audienceOf(drift.from)}.`,
      };
    case "usher":
      return {
        what: "Usher itself owns it no more",
        means:
          "Usher can neither repair nor revoke it. An administrator must make Usher's application its owner again.",
      };
    default:
      return drift satisfies never;
  }
}

const audienceOf = (audience: string) => audienceWords[audience as keyof typeof audienceWords] ?? audience;

const deletedWords = ({ which }: Extract<Drift, { what: "deleted" }>): Words =>
  which === "application"
    ? {
        what: "The app registration was deleted",
        means:
          "Nothing can sign in with it. Entra keeps it for 30 days, and an administrator can restore it there; its secrets work again then. Usher does not bring it back.",
      }
    : {
        what: "Its enterprise application was deleted",
        means:
          "Nothing can sign in with it, and what was consented to is gone with it. An administrator can restore it in Entra for 30 days. Usher does not bring it back.",
      };

const kinds = {
  secret: {
    added: "A secret was added in Entra",
    removed: "Its secret was removed",
    means: "Whoever has it can sign in as this app. Usher did not make it.",
    lost: `${noMoreSignIn} Usher cannot bring a secret back. Its owner can have a new one: say lost and its REQ-… name.`,
  },
  certificate: {
    added: "A certificate was added in Entra",
    removed: "Its certificate was removed",
    means: "Whoever has its private key can sign in as this app. Nobody approved it here.",
    lost: noMoreSignIn,
  },
  federated: {
    added: "A federated credential was added in Entra",
    removed: "Its federated credential was removed",
    means: "What it names can sign in as this app without a secret. Nobody approved it here.",
    lost: noMoreSignIn,
  },
} as const;

function credentialWords({
  what,
  change,
  name,
  onPrincipal,
}: Extract<Drift, { what: "secret" | "certificate" | "federated" }>): Words {
  const words = kinds[what];
  return {
    what: onPrincipal ? `${words[change]} to its enterprise application` : words[change],
    name: name === "" ? "(no name)" : name,
    means: change === "added" ? words.means : words.lost,
  };
}
