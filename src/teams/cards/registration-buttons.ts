import { type Registration, restorableUntil } from "../../domain/registration.ts";
import type { RegistrationView } from "../../usecases/lifecycle/show-registration.ts";
import type { Card } from "../expand.ts";
import { execute } from "./buttons.ts";
import { ownersButton } from "./owners.ts";
import { cancelRotationButton, overlapButtons, rotateButton } from "./rotation.ts";
import { lostButton, renewButton } from "./secret.ts";

/** What this person can do with a registration as it stands. Whoever presses is judged anew, at each press. */
export function actsFor(view: RegistrationView): Card[] {
  const { registration, viewer, now } = view;
  const { id } = registration;
  switch (registration.state) {
    case "active":
      return [
        ...(registration.plan.credential.kind === "secret" ? secretActs(view) : []),
        // A card has room for five buttons.
        viewer.isOwner ? moreButtons(id) : driftButton(id),
        revokeButton(id),
      ];
    case "restoring":
      return [revokeButton(id)];
    case "revoked": {
      const isInTime = restorableUntil(registration.revokedAt) > now;
      return isInTime && viewer.isApproverOrAdmin && !viewer.isOwner ? [restoreButton(id)] : [];
    }
    case "revoking":
    case "removed":
      return [];
    default:
      return registration satisfies never;
  }
}

/** A rotation is begun, switched or cancelled; what an owner has lost, only an owner has replaced. */
function secretActs({ registration: { id }, viewer: { isOwner }, secret }: RegistrationView): Card[] {
  const { keyId, newKey, retiring, link } = secret ?? {};
  if (newKey) return newKey.why === "rotate" ? [cancelRotationButton(id, keyId)] : [];
  if (keyId === undefined) return isOwner ? [renewButton(id)] : [];
  // A card has room for five buttons: what else there is of two secrets stands on the request's own card.
  if (retiring) return isOwner ? overlapButtons(id, keyId, retiring) : [cancelRotationButton(id, keyId)];
  if (link?.state === "sealed") return isOwner ? [lostButton(id, keyId)] : [];
  return [rotateButton(id), ...(isOwner ? [lostAfterWarning(id, keyId)] : [])];
}

/** Beside Rotate people take it for that: what stops is said before it does. */
const lostAfterWarning = (id: string, keyId: string): Card =>
  opens(
    "I lost it",
    "The secret is removed at once: whatever uses it stops until it has the new one, whose link you get. To keep it until then, press Rotate the secret instead.",
    [lostButton(id, keyId)],
  );

const moreButtons = (id: Registration["id"]): Card =>
  opens("More", "Compare it with what was approved, or change who owns it.", [
    driftButton(id),
    ownersButton(id),
  ]);

/** A button that opens words and further buttons below it. */
const opens = (title: string, text: string, actions: Card[]): Card => ({
  type: "Action.ShowCard",
  title,
  card: { type: "AdaptiveCard", body: [{ type: "TextBlock", text, wrap: true }], actions },
});

const about = (id: Registration["id"]) => ({ registration: id });

const driftButton = (id: Registration["id"]) =>
  execute({ title: "Check what differs", verb: "drift/check", data: about(id) });

const revokeButton = (id: Registration["id"]) =>
  execute({ title: "Revoke", verb: "registration/revoke", data: about(id), style: "destructive" });

const restoreButton = (id: Registration["id"]) =>
  execute({ title: "Restore", verb: "registration/restore", data: about(id), style: "positive" });
