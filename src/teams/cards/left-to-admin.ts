import type { Permission } from "../../domain/permission.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import type { Card } from "../expand.ts";
import { execute } from "./buttons.ts";
import { kindWords, rowsOf } from "./powers.ts";
import { fact, type Line, said } from "./text.ts";

/** Who must do what before Usher goes on; nothing where nobody is waited for. */
export function consentLines({ request, consent }: RequestView): Line[] {
  if (!consent) return [];
  const andSecret = request.plan.credential.kind === "secret" ? "; it makes the secret only then" : "";
  return [
    said(
      `Usher may not grant consent here, so a Privileged Role Administrator must grant what was approved. Usher looks for that by itself and goes on once it sees it${andSecret}. Nothing expires meanwhile.`,
    ),
    ...rowsOf(request.plan.permissions.map(grantWords)).map((row, at) =>
      fact(at === 0 ? "To be granted" : "And", row),
    ),
    fact("It is for", request.plan.displayName),
    said(
      "Grant consent opens Entra's own page. Once it is accepted, that page may lead on to an address of the app that does not work yet: the consent counts all the same.",
    ),
    said(
      "Or in the Entra admin center: Enterprise applications, the app, Permissions, Grant admin consent. Grant only what is listed here: Usher gives no access to an app that was granted more.",
    ),
  ];
}

const grantWords = ({ name, kind, apiName }: Permission) => `${name} (${kindWords[kind]}, ${apiName})`;

/** What helps on while an administrator is waited for. */
export function leftToAdminButtons({ request, consent, steps }: RequestView): Card[] {
  const isWaiting =
    request.state === "approved" &&
    steps.some(({ step, state, note }) => step === "missing-apis" && state !== "done" && note !== undefined);
  if (!consent && !isWaiting) return [];
  const data = { request: request.id };
  return [
    ...(consent ? [{ ...open("Grant consent", consent.grant), style: "positive" }] : []),
    ...(consent?.permissions ? [open("Its permissions in Entra", consent.permissions)] : []),
    execute({ title: "Check now", verb: "provisioning/check-consent", data }),
  ];
}

const open = (title: string, url: string): Card => ({ type: "Action.OpenUrl", title, url });
