import type { Surface } from "../domain/audit.ts";
import type { ExportFormat } from "../domain/audit-file.ts";
import { exportAudit } from "../usecases/audit/export-audit.ts";
import { showAudit } from "../usecases/audit/show-audit.ts";
import { auditCard } from "./cards.ts";
import { notHere } from "./list-actions.ts";
import { type Action, forged, numberIn, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";
import { momentWords } from "./words.ts";

const formatIn = (word: unknown): ExportFormat | undefined => {
  const lower = text(word)?.toLowerCase();
  // People say json for JSON Lines.
  return lower === "csv" || lower === "jsonl" ? lower : lower === "json" ? "jsonl" : undefined;
};

/** The verbs of the audit's card. Whether the person is an admin is judged by the use cases, at each press. */
export const auditActions: Readonly<Record<string, Action>> = {
  async "audit/page"(turn, data) {
    const after = numberIn(data.after, 0);
    if (after === undefined) return forged(turn, "audit/page", data);
    return shownAudit(turn, text(data.subject), "card", after);
  },

  async "audit/export"(turn, data) {
    const format = formatIn(data.format);
    if (!format) return forged(turn, "audit/export", data);
    return exportedAudit(turn, format, text(data.subject), "card");
  },
};

/** `audit`, `audit REQ-…`, `audit csv`, `audit jsonl REQ-…`. */
export function auditByText(turn: Turn, rest: string): Promise<Reply> {
  const [, word = "", named] = /^(\S+)(?:\s+(.*))?$/s.exec(rest) ?? [];
  const format = formatIn(word);
  return format
    ? exportedAudit(turn, format, named, "command")
    : shownAudit(turn, rest || undefined, "command");
}

async function shownAudit(
  turn: Turn,
  named: string | undefined,
  surface: Surface,
  after = 0,
): Promise<Reply> {
  const shown = await showAudit(turn.world, turn.caller, named, surface, after);
  return "refused" in shown ? refused(shown) : ((await notHere(turn)) ?? { card: auditCard(shown) });
}

async function exportedAudit(
  { world, caller }: Turn,
  format: ExportFormat,
  named: string | undefined,
  surface: Surface,
): Promise<Reply> {
  const sent = await exportAudit(world, caller, format, named, surface);
  if ("refused" in sent) return refused(sent);
  return {
    sentence: `The link to the file is in your personal chat with Usher. It opens once, for you only, until ${momentWords(sent.expiresAt)}.`,
  };
}
