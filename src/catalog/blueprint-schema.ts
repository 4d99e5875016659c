import { z } from "zod";

const key = z.string().regex(/^[a-zA-Z][a-zA-Z0-9]*$/, "a key is letters and digits");
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const positive = z.union([scalar, z.array(scalar).min(1)]);
const when = z.record(z.union([positive, z.object({ not: positive }).strict()]));
const question = z.object({
  key,
  label: z.string().min(1),
  help: z.string().optional(),
  required: z.boolean().optional(),
  when: when.optional(),
});
const options = z
  .record(z.string())
  .refine((all) => Object.keys(all).length > 0, "needs at least one option");
const platform = z.enum(["web", "spa", "public"]);
const audience = z.enum(["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"]);
/** Never an answer by itself: one that reads "secret" would be handed over as the secret. */
const handoverValue = z
  .string()
  .regex(/^(clientId|tenantId|secret|=.*)$/s, "a value is clientId, tenantId, secret or = and a text");
const pattern = z.string().refine(isPattern, "a pattern is a regular expression");
const names = z.array(z.string().min(1)).optional();

/** What stands in a blueprint file; unknown keys are refused, so that a typing mistake is not silently left out. */
export const blueprintSchema = z
  .object({
    blueprint: z.literal(1),
    id: z.string().regex(/^[a-z0-9-]{1,60}$/, "an id is lower-case letters, digits and hyphens"),
    title: z.string().min(1).max(80),
    sources: z.array(z.string()).optional(),
    notes: z.array(z.string()).optional(),
    ask: z.array(
      z.discriminatedUnion("type", [
        question
          .extend({
            type: z.literal("text"),
            default: z.string().optional(),
            max: z.number().optional(),
            pattern: pattern.optional(),
          })
          .strict(),
        question.extend({ type: z.literal("url"), default: z.string().optional() }).strict(),
        question
          .extend({
            type: z.literal("urls"),
            default: z.array(z.string()).optional(),
            max: z.number().optional(),
          })
          .strict(),
        question
          .extend({
            type: z.literal("number"),
            default: z.number().optional(),
            min: z.number().optional(),
            max: z.number().optional(),
          })
          .strict(),
        question.extend({ type: z.literal("flag"), default: z.boolean().optional() }).strict(),
        question.extend({ type: z.literal("one"), default: z.string().optional(), options }).strict(),
        question
          .extend({
            type: z.literal("many"),
            default: z.array(z.string()).optional(),
            always: z.array(z.string()).optional(),
            options,
          })
          .strict(),
      ]),
    ),
    app: z
      .object({
        name: z.string().min(1),
        audience: z.union([
          audience,
          z.array(z.object({ when: when.optional(), use: audience }).strict()).min(1),
        ]),
        redirects: z
          .array(z.object({ platform, uri: z.string(), when: when.optional() }).strict())
          .default([]),
        idTokens: z.union([z.boolean(), when]).default(false),
        accessTokens: z.union([z.boolean(), when]).default(false),
      })
      .strict(),
    grant: z
      .array(
        z.object({ api: z.string(), when: when.optional(), delegated: names, application: names }).strict(),
      )
      .default([]),
    consent: z.enum(["admin", "optional", "none"]),
    credentials: z
      .array(
        z
          .object({
            kind: z.literal("secret"),
            label: z.string().min(1),
            months: z.union([z.number(), z.string()]),
          })
          .strict(),
      )
      .length(1),
    handover: z.array(
      z
        .object({
          label: z.string(),
          value: handoverValue,
          where: z.string().optional(),
          when: when.optional(),
        })
        .strict(),
    ),
    next: z.array(z.object({ text: z.string(), when: when.optional() }).strict()).default([]),
    refuse: z.array(z.object({ say: z.string(), when }).strict()).default([]),
  })
  .strict();

export const apisSchema = z.record(
  z.object({ clientId: z.string().uuid("an API's clientId is a GUID"), name: z.string().min(1) }).strict(),
);

export const permissionsSchema = z.array(
  z
    .object({
      /** An alias of apis.yaml. */
      api: z.string().default("graph"),
      name: z.string().min(1),
      kind: z.enum(["delegated", "application"]),
      rank: z.enum(["low", "medium", "high", "tier0"]),
      sentence: z.string().min(1),
    })
    .strict(),
);

function isPattern(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`, "u") instanceof RegExp;
  } catch {
    return false;
  }
}
