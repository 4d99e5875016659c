import type { Drift, TokenSettings } from "../../domain/drift.ts";

/** What somebody changed, and what that means. */
export type Words = {
  what: string;
  /** What somebody else has named, or may have: never Markdown. */
  name?: string;
  means: string;
};

const settings: Readonly<Record<keyof TokenSettings, { name: string; means: string }>> = {
  idTokens: {
    name: "ID tokens straight from the sign-in page",
    means: "They pass through the browser's address, where others may read them.",
  },
  accessTokens: {
    name: "Access tokens straight from the sign-in page",
    means: "They pass through the browser's address, and whoever reads one there can use it.",
  },
  publicFlows: {
    name: "Sign-in without the app proving itself",
    means: "Whoever knows its client ID can ask people to sign in to it, and gets their tokens.",
  },
  mappedClaims: {
    name: "Claims that are mapped without a signing key",
    means: "Its tokens can be made to say something else about a person than the directory does.",
  },
  groupClaims: { name: "Groups in its tokens", means: "Its tokens tell which groups people are in." },
  tokenVersion: {
    name: "Version of its tokens",
    means: "Whoever checks its tokens judges the other version by other rules.",
  },
};

export function settingWords({ setting, from, to }: Extract<Drift, { what: "setting" }>): Words {
  const { name, means } = settings[setting];
  const isOff = to === "off" || to === "None";
  return {
    what: `${name}: now ${to}, approved was ${from}`,
    means: isOff ? "What relies on that does not work any more." : means,
  };
}

const receivers: Readonly<Record<string, string>> = {
  User: "people",
  Application: "apps",
  "Application, User": "apps and people",
};

const offered = {
  role: { thing: "a role of its own", means: "Whoever is given it is trusted with it by this app." },
  scope: { thing: "a scope of its own", means: "Other apps can ask for it, and act here in people's names." },
  identifier: {
    thing: "a name that tokens are asked for by",
    means: "Tokens for that name are now tokens for this app.",
  },
  client: {
    thing: "a client that needs no consent",
    means: "That client gets this app's scopes without anybody being asked.",
  },
} as const;

export function exposedWords({
  change,
  exposed: { kind, value, to },
}: Extract<Drift, { what: "exposed" }>): Words {
  const { thing, means } = offered[kind];
  const name =
    kind === "role" && to
      ? `${value} (for ${receivers[to] ?? to})`
      : kind === "scope" && to
        ? `${value} (${to === "User" ? "people" : "admins"} consent)`
        : value;
  return change === "added"
    ? { what: `It now has ${thing}`, name, means }
    : { what: `It no longer has ${thing}`, name, means: "What relies on that does not work any more." };
}
