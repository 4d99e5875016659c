import { type FieldErrors, readAnswers, readReason } from "../../domain/answers.ts";
import type { Answers, Blueprint, Question } from "../../domain/blueprint.ts";
import { checkPermissions, type WrongPermission } from "../../domain/check-permissions.ts";
import { pagesOf } from "../../domain/form.ts";
import { limitsOf } from "../../domain/limits.ts";
import { rankPermissions, rankRoles } from "../../domain/permission.ts";
import type { Plan } from "../../domain/plan.ts";
import { refusedByPolicy } from "../../domain/policy.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import { resolvePlan } from "../../domain/resolve-plan.ts";
import type { World } from "../ports/world.ts";
import type { DraftView, FormView } from "../telling/request-views.ts";
import { type OpenForm, saveForm } from "./draft.ts";
import { formOf, type Trouble } from "./form-page.ts";
import { offersFor } from "./smaller.ts";
import { factsFor } from "./tenant-facts.ts";

export type Filled = { form: FormView } | { reviewed: DraftView };

/** One sentence for each field that must be mended, and for the reason when it is asked for. */
export function errorsIn({ blueprint, draft }: OpenForm, isWithReason: boolean): FieldErrors {
  const read = readAnswers(blueprint, draft.answers ?? {});
  const reason = readReason(draft.reason);
  return {
    ...("errors" in read && read.errors),
    ...(isWithReason && "error" in reason && { reason: reason.error }),
  };
}

/** Holds the whole draft against blueprint, limits and tenant; a good plan is remembered as what would be submitted. */
export async function review(world: World, form: OpenForm): Promise<Filled | { refused: "draft-changed" }> {
  const { draft, blueprint, known } = form;
  const mend = (trouble: Trouble): Filled => {
    const pages = pagesOf(blueprint, draft.answers ?? {});
    const wrong = pages.findIndex(
      ({ questions }, at) =>
        questions.some(({ key }) => Object.hasOwn(trouble.errors, key)) ||
        (at === 0 && trouble.errors.reason !== undefined),
    );
    return { form: formOf(form, wrong < 0 ? pages.length - 1 : wrong, trouble) };
  };
  const read = readAnswers(blueprint, draft.answers ?? {});
  const reason = readReason(draft.reason);
  if ("errors" in read || "error" in reason) return mend({ errors: errorsIn(form, true), sentences: [] });

  const resolved = resolvePlan(blueprint, read.answers, world.catalog);
  if ("refused" in resolved) {
    const { key, sentence } = resolved;
    return mend(key ? { errors: { [key]: sentence }, sentences: [] } : { errors: {}, sentences: [sentence] });
  }
  const facts = await factsFor(world, resolved, known);
  const { plan: checked, wrong } = checkPermissions(resolved, facts);
  const { policy } = world.catalog;
  const rank = rankOfPlan(checked, world.catalog);
  // A role in Azure is given to the app on top of what is ranked here, and an owner could sign in as the app.
  const plan: Plan = { ...checked, owner: checked.azureRoles ? "nobody" : policy.ranks[rank].owner };
  const limits = [
    ...limitsOf(plan, facts.credentialRules, world.clock.now()),
    ...refusedByPolicy(policy, plan, rank),
  ];
  if (wrong.length + limits.length > 0) {
    const errors = typedErrors(blueprint, read.answers, wrong);
    const besideFields = Object.values(errors).join(" ");
    const others = wrong.filter(({ sentence }) => !besideFields.includes(sentence));
    return mend({ errors, sentences: [...limits, ...new Set(others.map(({ sentence }) => sentence))] });
  }
  const permissions = rankPermissions(plan.permissions, world.catalog.permissionFacts);
  const roles = rankRoles(plan.directoryRoles ?? [], world.catalog.roleFacts);
  const saved = await saveForm(world, form, { reason: reason.reason, plan });
  if ("refused" in saved) return saved;
  const offers = offersFor(world.catalog, blueprint, read.answers);
  return {
    reviewed: {
      draftId: draft.id,
      plan,
      permissions,
      roles,
      reason: reason.reason,
      offers,
      ...(!world.settings.mayConsent && { isConsentLeft: true }),
    },
  };
}

/** Sentences for permissions that were typed on a page and that the tenant does not publish so: said at once. */
export async function wrongNames(
  world: World,
  { blueprint, draft, known }: OpenForm,
  questions: readonly Question[],
): Promise<FieldErrors> {
  const ask = questions.filter(({ type }) => type === "permissions").map(({ when: _when, ...rest }) => rest);
  const alone: Blueprint = {
    id: blueprint.id,
    title: blueprint.title,
    ask,
    app: { name: blueprint.title, audience: "AzureADMyOrg" },
    grant: ask.map(({ key }) => ({ typed: key })),
    consent: "none",
    credentials: [],
    handover: [],
  };
  const read = readAnswers(alone, draft.answers ?? {});
  if (ask.length === 0 || "errors" in read) return {};
  const plan = resolvePlan(alone, read.answers, world.catalog);
  if ("refused" in plan) return plan.key ? { [plan.key]: plan.sentence } : {};
  const { wrong } = checkPermissions(plan, await factsFor(world, plan, known));
  return typedErrors(alone, read.answers, wrong);
}

/** Beside the field where a wrong permission was typed; one that the blueprint names has none. */
function typedErrors(blueprint: Blueprint, answers: Answers, wrong: readonly WrongPermission[]): FieldErrors {
  const typed = blueprint.ask.filter((question) => question.type === "permissions");
  return Object.fromEntries(
    typed.flatMap((question) => {
      const lines = answers[question.key];
      const kind = question.type === "permissions" ? question.kind : undefined;
      const own = wrong.filter(
        ({ permission }) =>
          permission.kind === kind &&
          Array.isArray(lines) &&
          lines.some((line) => line.endsWith(permission.name)),
      );
      return own.length > 0 ? [[question.key, own.map(({ sentence }) => sentence).join(" ")]] : [];
    }),
  );
}
