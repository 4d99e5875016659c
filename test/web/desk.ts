import type { TenantId, UserId } from "../../src/domain/ids.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import type { HandoverDesk, HandoverView, Viewer } from "../../src/usecases/handover/desk.ts";

export const tenantId = "11111111-1111-4111-8111-111111111111" as TenantId;
export const ada = { userId: "aaaaaaaa-0000-4000-8000-000000000001" as UserId, tenantId };
export const bob = { userId: "aaaaaaaa-0000-4000-8000-000000000002" as UserId, tenantId };

const view: HandoverView = {
  displayName: "Netwrix <Identity> Manager",
  system: "Netwrix Identity Manager",
  entries: [
    {
      label: "Application ID",
      value: "12345678-0000-4000-8000-000000000001",
      where: "Connection > Application ID",
    },
    { label: "Tenant ID", value: tenantId },
  ],
  secretLabel: "Client secret",
  secretWhere: "Connection > Client secret",
  next: ["Open the connector.", 'Paste the values, then press "Test".'],
  expiresAt: new Date("2027-05-20T00:00:00Z"),
};

export type MemoryDesk = HandoverDesk & {
  asked: { verb: "look" | "reveal"; token: string; viewer: Viewer }[];
  revealed: number;
};

/** One link for one person, which opens once. */
export function memoryDesk(link: { token: string; secret: string; viewer: Viewer }): MemoryDesk {
  const standing = (token: SecretText, viewer: Viewer) => {
    if (token.reveal() !== link.token || desk.revealed > 0) return "gone";
    const isTheirs = viewer.userId === link.viewer.userId && viewer.tenantId === link.viewer.tenantId;
    return isTheirs ? "ready" : "somebody-else";
  };
  const desk: MemoryDesk = {
    asked: [],
    revealed: 0,
    arrive: async () => true,
    async look(token, viewer) {
      desk.asked.push({ verb: "look", token: token.reveal(), viewer });
      const kind = standing(token, viewer);
      if (kind !== "ready") return { kind };
      return { kind, view };
    },
    async reveal(token, viewer) {
      desk.asked.push({ verb: "reveal", token: token.reveal(), viewer });
      const kind = standing(token, viewer);
      if (kind !== "ready") return { kind };
      desk.revealed += 1;
      return { kind: "revealed", secret: new SecretText(link.secret), view };
    },
    vote: async () => ({ kind: "gone" }),
    download: async () => ({ kind: "gone" }),
    upload: async () => ({ kind: "gone" }),
  };
  return desk;
}
