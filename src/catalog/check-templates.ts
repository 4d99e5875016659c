import type { Blueprint } from "../domain/blueprint.ts";
import { madeKeys, wholeAnswer } from "../domain/conditions.ts";
import { nearest } from "../domain/nearest.ts";
import { checkRedirectUri } from "../domain/redirect-uri.ts";
import { nested } from "./nested.ts";
import { sampleAnswer } from "./sample-answers.ts";
import type { Shared } from "./shared-files.ts";
import type { Finding, Path } from "./yaml-file.ts";

/** Where `{{…}}` is replaced by an answer. */
const filled =
  /^(app\.name|app\.redirects\.\d+\.uri|credentials\.\d+\.(label|months|pem|name|issuer|subject)|azureRoles\.\d+\.(role|scope)|handover\.\d+\.value|next\.\d+\.text)$/;
/** Where it may also name what is known only once the app is made. */
const filledLater = /^(handover\.\d+\.value|next\.\d+\.text)$/;
const hole = /\{\{(.*?)\}\}/g;

export function templateFindings(blueprint: Blueprint, shared: Shared): Finding[] {
  const { ask: _, ...rest } = blueprint;
  const {
    sources: __,
    notes: ___,
    ...templates
  } = rest as typeof rest & { sources?: unknown; notes?: unknown };
  const ofHoles = [...nested(templates)].flatMap(([path, value]) =>
    typeof value === "string" ? holeFindings(blueprint, path, value) : [],
  );
  return [...ofHoles, ...redirectFindings(blueprint, shared)];
}

function holeFindings({ ask }: Blueprint, path: Path, text: string): Finding[] {
  const place = path.join(".");
  const findings = [...text.matchAll(hole)].flatMap(([braces, key = ""]): Finding[] => {
    if (!filled.test(place)) return [{ path, reason: `${braces} stays as it is: nothing is filled in here` }];
    if ((madeKeys as readonly string[]).includes(key)) {
      return filledLater.test(place)
        ? []
        : [{ path, reason: `${braces} is known only once the app is made: it fits in handover and next` }];
    }
    if (key === "appAudience" || ask.some((question) => question.key === key)) return [];
    const meant = nearest(key, [
      ...ask.map((question) => question.key),
      ...(filledLater.test(place) ? madeKeys : []),
    ]);
    return [
      { path, reason: `${braces}: there is no question "${key}".${meant ? ` Did you mean ${meant}?` : ""}` },
    ];
  });
  const isOpen = text.replaceAll(hole, "").includes("{{");
  return isOpen ? [...findings, { path, reason: "{{ is not closed by }}" }] : findings;
}

/** Redirects as they read with sample answers. One that asks for an unknown question is told already. */
function redirectFindings({ ask, app }: Blueprint, shared: Shared): Finding[] {
  return (app.redirects ?? []).flatMap(({ uri }, at): Finding[] => {
    const path = ["app", "redirects", at, "uri"];
    const whole = ask.find(({ key }) => key === wholeAnswer(uri));
    if (whole?.type === "urls" || uri === "") return [];
    const named = [...uri.matchAll(hole)].map(([, key = ""]) => ask.find((question) => question.key === key));
    const asked = named.flatMap((question) => question ?? []);
    if (asked.length < named.length) return [];
    const list = asked.find((question) => Array.isArray(sampleAnswer(question, shared)));
    if (list) {
      const reason = `"${list.key}" has several answers; only the lines of a urls question can be redirects, as "{{${list.key}}}" alone`;
      return [{ path, reason }];
    }
    const sampled = uri.replaceAll(hole, (_, key: string) =>
      String(sampleAnswer(asked.find((question) => question.key === key)!, shared)),
    );
    const checked = checkRedirectUri(sampled);
    if (!("error" in checked)) return [];
    return [{ path, reason: asked.length > 0 ? `with sample answers, ${checked.error}` : checked.error }];
  });
}
