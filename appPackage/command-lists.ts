import { helpWords } from "../src/teams/cards/help.ts";

type Words = readonly (readonly [command: string, does: string])[];
type CommandList = { scopes: string[]; commands: { title: string; description: string }[] };

/** As many as Teams takes in one list. */
const most = 12;

/**
 * What Teams offers while somebody types to Usher: the words of the help card, by where they are wanted. What does not
 * fit is left to `help`, which is always among them.
 */
export function commandLists(): CommandList[] {
  const { everybody, approvers, admins } = helpWords;
  return [
    { scopes: ["personal", "groupChat"], commands: listOf(everybody) },
    { scopes: ["team"], commands: listOf([...approvers, ...admins, ...everybody.filter(isHelp)]) },
  ];
}

function listOf(words: Words): CommandList["commands"] {
  const help = words.filter(isHelp);
  return [...words.filter((each) => !isHelp(each)).slice(0, most - help.length), ...help].map(
    ([command, does]) => {
      // A title is put into the message as it stands, so it has the words alone, without what people fill in.
      const title = command.replace(/ (?:REQ|<).*$/, "");
      if (title === "help") return { title, description: "what you can say to Usher" };
      return { title, description: title === command ? does : `${command}: ${does}` };
    },
  );
}

const isHelp = ([command]: Words[number]) => command === "help";
