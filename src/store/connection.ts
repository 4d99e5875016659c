import { ManagedIdentityCredential } from "@azure/identity";

export type DatabaseAddress = {
  databaseUrl: string;
  /** Client id of the managed identity that signs in; without one, the address says how. */
  databaseClientId?: string | undefined;
};

type Connection =
  | { connectionString: string }
  | {
      host: string;
      port: number;
      user: string;
      database: string;
      ssl: boolean;
      password: () => Promise<string>;
    };

const tokenScope = "https://ossrdbms-aad.database.windows.net/.default";

/** How pg and pg-boss reach the server. A managed identity's token stands in for the password, at each connection anew. */
export function connectionTo({ databaseUrl, databaseClientId }: DatabaseAddress): Connection {
  if (databaseClientId === undefined) return { connectionString: databaseUrl };
  const { hostname, port, username, pathname } = new URL(databaseUrl);
  const credential = new ManagedIdentityCredential({ clientId: databaseClientId });
  // In parts: pg puts the empty password of an address over a function.
  return {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    // pg hands the token to whoever answers, so the server must prove who it is, whatever the address says of TLS.
    ssl: !isThisMachine(hostname),
    password: async () => (await credential.getToken(tokenScope)).token,
  };
}

const isThisMachine = (hostname: string) => ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
