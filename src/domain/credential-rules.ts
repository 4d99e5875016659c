import type { Blueprint, Question, When } from "./blueprint.ts";
import { wholeAnswer } from "./conditions.ts";
import type { CredentialRules } from "./tenant-facts.ts";

/** Shorter than any whole month, so a secret counted in months never fits. */
const shortestMonthDays = 31;

/**
 * The blueprint as this tenant's app management policy lets it be asked for, and what the form says about it. Where
 * secrets are forbidden the form asks for a certificate or a federated credential instead; where their life is
 * limited it offers no more months than fit.
 */
export function withinRules(
  blueprint: Blueprint,
  rules: CredentialRules | undefined,
): { blueprint: Blueprint; about: string[] } {
  const hasSecret = blueprint.credentials.some(({ kind }) => kind === "secret");
  const { secretsForbidden = false, longestSecretDays: days = Infinity } = rules ?? {};
  if (!hasSecret || (!secretsForbidden && days === Infinity)) return { blueprint, about: [] };
  if (secretsForbidden || days < shortestMonthDays) {
    const why = secretsForbidden ? "forbids client secrets" : `lets a client secret live only ${days} days`;
    const about = `This tenant's app management policy ${why}, so the app has to prove itself with a certificate or a federated credential. Ask ${blueprint.title}'s page or its maker whether it takes one.`;
    return { blueprint: withoutSecrets(blueprint), about: [about] };
  }
  const most = Math.floor(days / shortestMonthDays);
  const keys = monthKeys(blueprint);
  const ask = blueprint.ask.map(
    (question): Question =>
      question.type === "number" && keys.has(question.key)
        ? {
            ...question,
            max: Math.min(question.max ?? most, most),
            ...(question.default !== undefined && { default: Math.min(question.default, most) }),
            help: `${question.help ? `${question.help} ` : ""}This tenant's policy allows ${most} at most.`,
          }
        : question,
  );
  return { blueprint: { ...blueprint, ask }, about: [] };
}

/** Questions that only say how long a secret lasts. */
function monthKeys(blueprint: Blueprint): Set<string> {
  const keys = blueprint.credentials.flatMap((entry) =>
    entry.kind === "secret" ? (wholeAnswer(String(entry.months)) ?? []) : [],
  );
  return new Set(keys);
}

function withoutSecrets(blueprint: Blueprint): Blueprint {
  const dropped = monthKeys(blueprint);
  const speaksOfDropped = (text: string) => [...dropped].some((key) => text.includes(`{{${key}}}`));
  // Where the blueprint asks which credential, the instead is asked for after that question, and only if it is a secret.
  const [secret] = blueprint.credentials.filter(({ kind }) => kind === "secret");
  const when = secret?.when;
  const conditions = Object.entries(when ?? {});
  const isOnlyForSecret = (entry: { when?: When }) =>
    conditions.length > 0 &&
    conditions.every(([key, match]) => JSON.stringify(entry.when?.[key]) === JSON.stringify(match));
  const chosen = (kind: string) => ({ ...when, credentialKind: kind });
  const instead: Question[] = [
    {
      key: "credentialKind",
      label: "How shall the app prove itself, without a secret?",
      type: "one",
      default: "certificate",
      options: {
        certificate: "Certificate (you keep its private key)",
        federated: "Federated credential (another identity provider vouches)",
      },
      ...(when && { when }),
    },
    {
      key: "certificatePem",
      label: "Certificate",
      help: "Paste it as PEM, with its BEGIN and END lines. Never the private key.",
      type: "certificate",
      required: true,
      when: chosen("certificate"),
    },
    {
      key: "federatedIssuer",
      label: "Issuer",
      help: "The address of the identity provider that vouches, as its tokens say it in iss.",
      type: "text",
      required: true,
      max: 600,
      pattern: "https://\\S+",
      error: "An address that begins with https://, please.",
      when: chosen("federated"),
    },
    {
      key: "federatedSubject",
      label: "Subject",
      help: "Exactly as the provider's tokens say it in sub.",
      type: "text",
      required: true,
      max: 600,
      when: chosen("federated"),
    },
  ];
  return {
    ...blueprint,
    ask: [...blueprint.ask.filter(({ key }) => !dropped.has(key)), ...instead],
    credentials: blueprint.credentials.flatMap((entry) =>
      entry.kind === "secret"
        ? [
            {
              kind: "certificate" as const,
              label: entry.label,
              pem: "{{certificatePem}}",
              when: { ...entry.when, credentialKind: "certificate" },
            },
            {
              kind: "federated" as const,
              name: "usher",
              issuer: "{{federatedIssuer}}",
              subject: "{{federatedSubject}}",
              audience: "api://AzureADTokenExchange",
              when: { ...entry.when, credentialKind: "federated" },
            },
          ]
        : [entry],
    ),
    handover: blueprint.handover.flatMap((entry): Blueprint["handover"] =>
      entry.value === "secret"
        ? [{ label: "Certificate thumbprint", value: "thumbprint", when: chosen("certificate") }]
        : speaksOfDropped(entry.value) || isOnlyForSecret(entry)
          ? []
          : [entry],
    ),
    next: (blueprint.next ?? []).filter((entry) => !speaksOfDropped(entry.text) && !isOnlyForSecret(entry)),
  };
}
