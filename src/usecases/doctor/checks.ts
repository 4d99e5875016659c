import type { UserId } from "../../domain/ids.ts";
import type { Conversations } from "../ports/conversations.ts";
import type { Directory } from "../ports/entra.ts";
import type { Hold } from "../ports/hold.ts";
import type { Probes } from "../ports/probes.ts";
import type { Catalog, Clock, Settings } from "../ports/world.ts";
import { checkDatabase } from "./check-database.ts";
import { checkGroups } from "./check-groups.ts";
import { checkHold } from "./check-hold.ts";
import { checkBot, checkIdentities, checkObjects, checkSignIn } from "./check-identities.ts";
import { checkAddress, checkCatalogue, checkClocks, checkSettings } from "./check-settings.ts";
import { checkChannel, checkPersonal } from "./check-teams.ts";
import type { Check } from "./finding.ts";

/** What the checks look at. */
export type Patient = {
  clock: Clock;
  catalog: Catalog;
  settings: Settings;
  directory: Pick<Directory, "members" | "groupName">;
  probes: Probes;
  /** Left out: there is no database to look into. */
  conversations?: Conversations;
  /** Likewise. */
  hold?: Hold;
  /** Opens, or knows, the personal chat of whoever asks; left out where nobody asks in Teams. */
  asker?: { userId: UserId; personalChat(userId: UserId): Promise<unknown> };
};

/** Everything that is looked at, in the order in which it is told. */
export const checksOf = (patient: Patient): readonly Check[] => [
  { name: "Configuration", look: () => checkSettings(patient) },
  { name: "Database", look: () => checkDatabase(patient.probes) },
  { name: "Held work", look: () => checkHold(patient) },
  ...patient.probes.identities.map((identity) => ({
    name: `Rights for ${identity.parts.join(" and ")}`,
    look: () => checkIdentities(identity, patient),
  })),
  { name: "The bot's token", look: () => checkBot(patient.probes) },
  { name: "Groups", look: () => checkGroups(patient) },
  { name: "Approvals channel", look: () => checkChannel(patient) },
  { name: "Personal messages", look: () => checkPersonal(patient) },
  { name: "Public address", look: () => checkAddress(patient) },
  { name: "Sign-in for links", look: () => checkSignIn(patient) },
  { name: "Catalogue and policy", look: () => checkCatalogue(patient.probes) },
  { name: "Clocks", look: () => checkClocks(patient.probes) },
  { name: "Objects in Entra", look: () => checkObjects(patient.probes) },
];
