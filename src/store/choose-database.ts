/** The embedded database's folder, where the environment names neither. */
export const defaultDataDir = "./data";

export const databaseUrlWanted = "a postgres:// address";

export function parseDatabaseUrl(text: string): string | undefined {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol) ? text : undefined;
}
