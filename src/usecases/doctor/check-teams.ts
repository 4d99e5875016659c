import { ChatFailure } from "../ports/chat.ts";
import type { Patient } from "./checks.ts";
import { type Finding, ok, unknown, wrong } from "./finding.ts";

const askInTeams = "An admin says doctor to Usher in Teams.";

export async function checkChannel({ conversations, probes }: Patient): Promise<Finding[]> {
  const name = "Approvals channel";
  if (!conversations)
    return [
      unknown(name, "Which one it is stands in the database, which cannot be looked into.", askInTeams),
    ];
  const channel = await conversations.approvalsChannel();
  if (!channel)
    return [
      wrong(
        name,
        "None is set: what waits is posted nowhere.",
        "An admin says @Usher approvals here in a standard channel of the approvers' team.",
      ),
    ];
  try {
    const members = await probes.channelMembers(channel);
    const people = members === 1 ? "1 person" : `${members}${members >= 100 ? " or more" : ""} people`;
    return [
      ok(
        name,
        `Teams tells Usher who is there (${people}), so Usher is installed in the team. Nothing was posted to try.`,
      ),
    ];
  } catch (error) {
    if (!(error instanceof ChatFailure)) throw error;
    return [
      wrong(
        name,
        error.kind === "unreachable"
          ? "Teams does not let Usher into it: it was removed from the team, or the channel is gone."
          : "Teams did not say who is there.",
        error.kind === "unreachable"
          ? "Add Usher to the team again, or say approvals here in another channel. What waits is posted then."
          : "Say doctor again in some minutes.",
      ),
    ];
  }
}

export async function checkPersonal({ asker }: Patient): Promise<Finding[]> {
  const name = "Personal messages";
  if (!asker) return [unknown(name, "It shows only to somebody in Teams.", askInTeams)];
  if (await asker.personalChat(asker.userId)) return [ok(name, "Usher has a personal chat with you.")];
  return [
    wrong(
      name,
      "Usher has no personal chat with you, and may not begin one.",
      "Install the app for everybody who may ask, in the Teams admin center; or open a chat with Usher and say hello.",
    ),
  ];
}
