import type { Surface } from "../../domain/audit.ts";
import type { ExportFormat } from "../../domain/audit-file.ts";
import type { Caller } from "../../domain/person.ts";
import { type PassRefusal, sendPass } from "../handover/send-pass.ts";
import type { World } from "../ports/world.ts";
import { type AuditRefusal, askedSubject } from "./subject.ts";

const linkLifeMs = 15 * 60_000;

/**
 * Sends the admin a one-time link to a file of the audit, into their personal chat and nowhere else. The file is made
 * when the link is opened, and holds what stands there then.
 */
export async function exportAudit(
  world: World,
  caller: Caller,
  format: ExportFormat,
  named: string | undefined,
  surface: Surface,
): Promise<{ sent: true; expiresAt: Date } | AuditRefusal | PassRefusal> {
  const asked = await askedSubject(world, caller, named);
  if ("refused" in asked) return asked;
  const what = { format, ...(asked.subject && { subject: asked.subject }) };
  const sent = await sendPass(world, {
    pass: { kind: "audit", userId: caller.userId, ...what },
    lifeMs: linkLifeMs,
    event: {
      who: caller.userId,
      what: "audit.export-asked",
      surface,
      subject: "audit",
      outcome: "asked",
      detail: { format, ...(asked.subject && { of: asked.subject }) },
    },
    message: (url, expiresAt) => ({ kind: "audit-export", ...what, url, expiresAt }),
  });
  return "refused" in sent ? sent : { sent: true, expiresAt: sent.expiresAt };
}
