import type { ChainRow } from "./audit-check.ts";

export type ExportFormat = "csv" | "jsonl";

/** The first line of the file, where the format has one. */
export const fileStart = (format: ExportFormat) => (format === "csv" ? csvLine(columns) : "");

/** One line of the audit as it stands in an exported file, with its end. */
export function fileLine(format: ExportFormat, row: ChainRow): string {
  const { at, revision, detail, ...rest } = row;
  const fields: Record<Column, unknown> = {
    ...rest,
    at: at.toISOString(),
    revision: revision ?? null,
    detail: detail ?? {},
  };
  if (format === "jsonl") {
    return `${JSON.stringify(Object.fromEntries(columns.map((name) => [name, fields[name]])))}\n`;
  }
  return csvLine(
    columns.map((name) => (name === "detail" ? JSON.stringify(fields.detail) : `${fields[name] ?? ""}`)),
  );
}

const columns = [
  "n",
  "at",
  "who",
  "what",
  "surface",
  "subject",
  "revision",
  "outcome",
  "detail",
  "hash",
] as const satisfies readonly (keyof ChainRow)[];
type Column = (typeof columns)[number];

/** RFC 4180, each cell in quotes. */
const csvLine = (cells: readonly string[]) =>
  `${cells.map((cell) => `"${harmless(cell).replaceAll('"', '""')}"`).join(",")}\r\n`;

/** Spreadsheets take a cell that begins so for a formula; the apostrophe makes it text. */
const harmless = (cell: string) => (/^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell);
