import type { Probes } from "../ports/probes.ts";
import type { Patient } from "./checks.ts";
import { type Finding, ok, unknown, wrong } from "./finding.ts";

/** Usher starts only when each variable can be read, so what is left are those that may be left out. */
export function checkSettings({ settings, catalog }: Patient): Finding[] {
  const found: Finding[] = [];
  const name = "Configuration";
  const open = Object.entries(catalog.policy.ranks).flatMap(([rank, { approvers }]) =>
    (approvers ?? settings.approversGroup) ? [] : rank,
  );
  if (open.length > 0)
    found.push(
      wrong(
        name,
        `APPROVERS_GROUP is not set, and policy names no approvers for ${open.join(", ")}: nobody may decide on those.`,
        "Set it to the object id of an Entra group.",
      ),
    );
  if (!settings.adminsGroup)
    found.push(
      wrong(
        name,
        "ADMINS_GROUP is not set: nobody can set the approvals channel or read the audit.",
        "Set it to the object id of an Entra group.",
      ),
    );
  return found.length > 0 ? found : [ok(name, "Each variable is set, or may be left out.")];
}

export async function checkAddress({ probes, settings }: Patient): Promise<Finding[]> {
  const name = "Public address";
  const { publicUrl } = settings;
  const came = await probes.publicAddress();
  const open = `Open ${publicUrl}/s/page.css in a browser outside: it shows a style sheet of Usher's.`;
  switch (came.answer) {
    case "usher":
      return [
        publicUrl.startsWith("https:")
          ? ok(name, `${publicUrl} leads to Usher, by https, as seen from here.`)
          : ok(name, `${publicUrl} leads to Usher, on this machine only, as in the trial.`),
      ];
    case "other":
      return [
        wrong(
          name,
          `${publicUrl}/s/ is answered with ${came.status}, and not by Usher: links open nothing.`,
          "Let the reverse proxy hand on everything under /s/ and POST /api/messages; or mend PUBLIC_URL.",
        ),
      ];
    case "untrusted":
      return [
        wrong(
          name,
          `The certificate of ${publicUrl} is not believed (${came.code}).`,
          "Give the reverse proxy a certificate for this name, from a public authority and with its whole chain.",
        ),
      ];
    case "none":
      return [
        unknown(name, `${publicUrl} was not reached from here (${came.code}). From outside it may be.`, open),
      ];
    default:
      return came satisfies never;
  }
}

export function checkCatalogue({ catalogue }: Probes): Finding[] {
  const name = "Catalogue and policy";
  const { blueprints, problems } = catalogue();
  const next = "Mend it; it is read anew by itself. npm run blueprint -- check says the same.";
  return problems.length > 0
    ? problems.map((problem) => wrong(name, problem, next))
    : [ok(name, `${blueprints} blueprints and the policy are as they should be.`)];
}

/** The sign-in service and Usher may differ by so much. */
const mostSkewMs = 30_000;

export async function checkClocks({ clocks }: Probes): Promise<Finding[]> {
  const name = "Clocks";
  const found = await clocks();
  const off = found.filter(({ aheadMs }) => Math.abs(aheadMs) > mostSkewMs);
  const seconds = (ms: number) =>
    `${Math.round(Math.abs(ms) / 1000)} seconds ${ms > 0 ? "behind" : "ahead of"}`;
  if (off.length === 0)
    return [ok(name, `This machine's clock agrees with ${found.map(({ of }) => of).join(" and ")}.`)];
  return off.map(({ of, aheadMs }) =>
    wrong(
      name,
      `This machine is ${seconds(aheadMs)} ${of}: tokens and sign-ins are refused.`,
      "Let it keep its time by NTP.",
    ),
  );
}
