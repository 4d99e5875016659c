import type { Blueprint, Question } from "../domain/blueprint.ts";
import { wholeAnswer } from "../domain/conditions.ts";
import type { Finding } from "./yaml-file.ts";

const longestMonths = 24;

/** What the credentials take from questions, and whether what they make is handed over. */
export function credentialFindings(blueprint: Blueprint): Finding[] {
  const { ask, credentials } = blueprint;
  const ofEntries = credentials.flatMap((credential, at): Finding[] => {
    if (credential.kind === "secret" && typeof credential.months === "string") {
      const index = ask.findIndex(({ key }) => key === wholeAnswer(String(credential.months)));
      return ask[index] ? monthsFindings(ask[index], index, ["credentials", at, "months"]) : [];
    }
    if (credential.kind === "certificate") {
      const question = ask.find(({ key }) => key === wholeAnswer(credential.pem));
      if (!question || question.type === "certificate") return [];
      const reason = `"${question.key}" is a question of type ${question.type}; here it must be certificate`;
      return [{ path: ["credentials", at, "pem"], reason }];
    }
    return [];
  });
  return [...ofEntries, ...handoverFindings(blueprint)];
}

function monthsFindings(question: Question, index: number, path: Finding["path"]): Finding[] {
  if (question.type !== "number") {
    return [
      {
        path,
        reason: `"${question.key}" is a question of type ${question.type}; here it must be number`,
      },
    ];
  }
  const limit = `a secret lasts 1 to ${longestMonths} months`;
  const findings: Finding[] = [];
  if (question.max === undefined)
    findings.push({ path: ["ask", index], reason: `${limit}: add max: ${longestMonths}` });
  else if (question.max > longestMonths) findings.push({ path: ["ask", index, "max"], reason: limit });
  if (question.min !== undefined && question.min < 1)
    findings.push({ path: ["ask", index, "min"], reason: limit });
  return findings;
}

function handoverFindings({ credentials, handover, expose }: Blueprint): Finding[] {
  const may = (kind: string) => credentials.some((credential) => credential.kind === kind);
  const wrong = handover.flatMap(({ value }, at): Finding[] => {
    const path = ["handover", at, "value"];
    if (value === "secret" && !may("secret"))
      return [{ path, reason: "no credential of this blueprint is a secret" }];
    if (value === "thumbprint" && !may("certificate")) {
      return [{ path, reason: "no credential of this blueprint is a certificate" }];
    }
    if (value === "identifierUri" && !expose) {
      return [{ path, reason: "the app has no identifier URI: nothing is under expose" }];
    }
    return [];
  });
  if (!may("secret") || handover.some(({ value }) => value === "secret")) return wrong;
  return [
    ...wrong,
    {
      path: ["handover"],
      reason: "the secret is handed to nobody: add an entry with value: secret",
      isKey: true,
    },
  ];
}
