/** The embedded database's folder, where the environment names neither. */
export const defaultDataDir = "./data";

export const databaseUrlWanted = "a postgres:// address";

/** What `DATABASE_CLIENT_ID` asks of `DATABASE_URL`: pg would take a password rather than a token. */
export const tokenUrlWanted = "a DATABASE_URL with a user and without a password";

export function takesToken(databaseUrl: string | undefined): boolean {
  const { username = "", password = "" } = databaseUrl === undefined ? {} : new URL(databaseUrl);
  return username !== "" && password === "";
}

export function parseDatabaseUrl(text: string): string | undefined {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol) ? text : undefined;
}
