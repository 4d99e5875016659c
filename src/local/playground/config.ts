import { stringify } from "yaml";

/** A person of the simulated tenant: the Entra object id, the name and the address. */
type PlaygroundPerson = { id: string; name: string; email: string };

export type PlaygroundContent = {
  tenantId: string;
  bot: { id: string; name: string };
  /** Who sits at this window; the Playground cannot change it while it runs. */
  person: PlaygroundPerson;
  /** The company. The person of this window is left out, and the first five others are taken. */
  people: readonly PlaygroundPerson[];
  personalConversationId: string;
  groupChat: { id: string; name: string };
  /** The id of the team is the conversation id of its General channel, as in Teams. */
  team: { id: string; name: string; groupId: string; channel?: { id: string; name: string } };
};

/** The Playground wants this many persons beside the one at the window: no more and no fewer. */
const others = 5;

/** Teams' own id of a user, as it stands in `from.id`. The Entra object id is in `from.aadObjectId`. */
function teamsUserId(entraId: string): string {
  return `29:${entraId}`;
}

/** Teams' own id of a bot, as it stands in `recipient.id`. */
function teamsBotId(clientId: string): string {
  return `28:${clientId}`;
}

/** The text of `.m365agentsplayground.yml` (the schema is inside the package; "userPrincipleName" is its spelling). */
export function playgroundConfig(content: PlaygroundContent): string {
  const { person, people, team } = content;
  return stringify({
    version: "0.1.1",
    tenantId: content.tenantId,
    bot: { id: teamsBotId(content.bot.id), name: content.bot.name },
    currentUser: user(person),
    users: people
      .filter(({ id }) => id !== person.id)
      .slice(0, others)
      .map(user),
    personalChat: { id: content.personalConversationId },
    groupChat: content.groupChat,
    team: {
      id: team.id,
      name: team.name,
      aadGroupId: team.groupId,
      channels: team.channel ? [team.channel] : [],
    },
  });
}

function user({ id, name, email }: PlaygroundPerson) {
  const [givenName = name, ...surname] = name.split(" ");
  return {
    id: teamsUserId(id),
    name,
    userPrincipleName: email,
    aadObjectId: id,
    givenName,
    surname: surname.join(" "),
    email,
  };
}
