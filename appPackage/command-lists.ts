import { helpWords } from "../src/teams/cards/help.ts";

type Words = readonly (readonly [command: string, does: string])[];
type CommandList = { scopes: string[]; commands: { title: string; description: string }[] };

/** As many as Teams takes in one list. */
const most = 12;

/** What people want most, where not all of it fits. */
const first = {
  personal: ["request", "status", "list", "show", "rotate", "revoke", "lost", "notme", "answer", "withdraw"],
  team: ["pending", "approve", "deny", "return", "list all", "list expiring", "restore", "approvals here"],
};

/**
 * What Teams offers while somebody types to Usher: the words of the help card, by where they are wanted. What does not
 * fit is left to `help`, which is always among them.
 */
export function commandLists(): CommandList[] {
  const { everybody, approvers, admins } = helpWords;
  return [
    { scopes: ["personal", "groupChat"], commands: listOf(everybody, first.personal) },
    {
      scopes: ["team"],
      commands: listOf([...approvers, ...admins, ...everybody.filter(isHelp)], first.team),
    },
  ];
}

function listOf(words: Words, wanted: readonly string[]): CommandList["commands"] {
  const help = words.filter(isHelp);
  const placeOf = ([command]: Words[number]) => {
    const place = wanted.indexOf(titleOf(command));
    return place < 0 ? wanted.length : place;
  };
  const others = words.filter((each) => !isHelp(each)).toSorted((a, b) => placeOf(a) - placeOf(b));
  return [...others.slice(0, most - help.length), ...help].map(([command, does]) => {
    const title = titleOf(command);
    if (title === "help") return { title, description: "what you can say to Usher" };
    return { title, description: title === command ? does : `${command}: ${does}` };
  });
}

/** A title is put into the message as it stands, so it has the words alone, without what people fill in. */
const titleOf = (command: string) => command.replace(/ (?:REQ|<).*$/, "");

const isHelp = ([command]: Words[number]) => command === "help";
