import type { Blueprint } from "../domain/blueprint.ts";
import { conditionFindings } from "./check-conditions.ts";
import { credentialFindings } from "./check-credentials.ts";
import { nameFindings } from "./check-names.ts";
import { questionFindings } from "./check-questions.ts";
import { templateFindings } from "./check-templates.ts";
import type { Shared } from "./shared-files.ts";
import type { Finding } from "./yaml-file.ts";

/** What the shape alone does not show. Needs a blueprint that has the shape. */
export function blueprintFindings(blueprint: Blueprint, shared: Shared): Finding[] {
  return [
    ...questionFindings(blueprint),
    ...conditionFindings(blueprint),
    ...templateFindings(blueprint, shared),
    ...nameFindings(blueprint, shared),
    ...credentialFindings(blueprint),
  ];
}
