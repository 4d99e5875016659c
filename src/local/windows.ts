import { startPlayground } from "./playground/launch.ts";
import type { Trial } from "./start-trial.ts";
import { company } from "./tenant/company.ts";

const ports = { requester: 56_150, approver: 56_151 };

/** Two windows of Microsoft's own client: one person who asks, and one who approves and has the approvals channel. */
export async function openWindows(trial: Trial, dataDir: string, say: (text: string) => void) {
  const people = company.directory.map(({ id, name, alias }) => ({
    id,
    name,
    email: `${alias}@${company.domain}`,
  }));
  const person = (id: string) => {
    const found = people.find((each) => each.id === id);
    if (!found) throw new Error(`the company has nobody with the id ${id}`);
    return found;
  };
  const common = {
    botUrl: `${trial.bot}/api/messages`,
    workDir: dataDir,
    tenantId: company.tenantId,
    bot: { id: company.clients.bot.clientId, name: "Usher" },
    people,
    log: say,
  };
  const requester = person(company.people.requester);
  const approver = person(company.people.approverOne);
  const asking = await startPlayground({
    ...common,
    name: "requester",
    port: ports.requester,
    person: requester,
    personalConversationId: "a:requester",
    groupChat: { id: "19:project@thread.v2", name: "Project" },
    team: {
      id: "19:integrations-team@thread.tacv2",
      name: "Integrations",
      groupId: "dddddddd-0000-4000-8000-000000000002",
      channel: { id: "19:integrations@thread.tacv2", name: "Wishes" },
    },
  });
  const approving = await startPlayground({
    ...common,
    name: "approver",
    port: ports.approver,
    person: approver,
    personalConversationId: "a:approver",
    groupChat: { id: "19:identity@thread.v2", name: "Identity" },
    team: {
      id: company.team,
      name: "IT",
      groupId: "dddddddd-0000-4000-8000-000000000001",
      channel: { id: company.approvalsChannel, name: "Approvals" },
    },
  });
  // So that the bot knows where to write before anybody has opened a page.
  await asking.announce("a:requester");
  await approving.announce(company.approvalsChannel);
  await approving.announce("a:approver");
  const line = (step: number, who: string, url: string) => `  ${step}. ${who.padEnd(24)}${url}`;
  const welcome = [
    "",
    line(1, `${requester.name} asks`, asking.url),
    "     In the personal chat, type: request",
    line(2, `${approver.name} approves`, approving.url),
    "     Open the team IT, channel Approvals, and press Approve on the card",
    `  3. Back in the first window, open the link, sign in as ${requester.name}, and reveal the secret`,
    "",
  ].join("\n");
  return {
    welcome,
    requester: asking,
    approver: approving,
    close: async () => {
      await Promise.all([asking.close(), approving.close()]);
    },
  };
}
