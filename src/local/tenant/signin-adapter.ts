import type { Adapter, AdapterPayload } from "oidc-provider";
import { company } from "./company.ts";
import type { Entity, State } from "./state.ts";

const minute = 60;

/** Keeps the provider's sessions and codes in the tenant's file, and shows it the tenant's applications as clients. */
export function signinAdapter(state: State, clientOf: (application: Entity) => AdapterPayload) {
  return (model: string): Adapter => {
    const name = (id: string) => `oidc:${model}:${id}`;
    const byUid = (uid: string) => `oidc:${model}:uid:${uid}`;
    const byGrant = (grantId: string) => `oidc:grant:${grantId}`;

    const read = (id: string): AdapterPayload | undefined => {
      const stored = state.item(name(id)) as { payload: AdapterPayload; expiresAt: number } | undefined;
      return stored && stored.expiresAt > Date.now() ? stored.payload : undefined;
    };

    return {
      async upsert(id, payload, expiresIn) {
        const expiresAt = Date.now() + (expiresIn || 60 * minute) * 1000;
        state.setItem(name(id), { payload, expiresAt });
        if (payload.uid) state.setItem(byUid(payload.uid), id);
        if (payload.grantId && model !== "Session") {
          const names = (state.item(byGrant(payload.grantId)) as string[] | undefined) ?? [];
          state.setItem(byGrant(payload.grantId), [...new Set([...names, name(id)])]);
        }
      },
      async find(id) {
        if (model !== "Client") return read(id);
        const application = state.find("application", "appId", id).find((row) => row.deletedAt === undefined);
        return application && clientOf(application.value);
      },
      async findByUid(uid) {
        const id = state.item(byUid(uid));
        return typeof id === "string" ? read(id) : undefined;
      },
      async findByUserCode() {
        return undefined;
      },
      async destroy(id) {
        state.removeItem(name(id));
      },
      async consume(id) {
        const payload = read(id);
        if (payload)
          state.setItem(name(id), {
            payload: { ...payload, consumed: Math.floor(Date.now() / 1000) },
            expiresAt: Date.now() + 10 * minute * 1000,
          });
      },
      async revokeByGrantId(grantId) {
        for (const each of (state.item(byGrant(grantId)) as string[] | undefined) ?? [])
          state.removeItem(each);
        state.removeItem(byGrant(grantId));
      },
    };
  };
}

/** Whether an application may send people back to this address. */
export function mayRedirectTo(application: Entity, extra: readonly string[], uri: string): boolean {
  const platforms = ["web", "spa"].map((name) => application[name] as { redirectUris?: string[] } | null);
  if (platforms.some((platform) => platform?.redirectUris?.includes(uri))) return true;
  const { bot, signin } = company.clients;
  if (application.appId !== signin.clientId && application.appId !== bot.clientId) return false;
  if (extra.includes(uri)) return true;
  // In the trial the bot may have moved to any free port.
  const url = URL.parse(uri);
  const isLoopback = ["127.0.0.1", "localhost", "[::1]"].includes(url?.hostname ?? "");
  return isLoopback && url?.pathname === "/s/callback" && !url.search && !url.hash;
}
