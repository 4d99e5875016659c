import { parseRequestId, type RequestId } from "../domain/ids.ts";
import { stoppedOutside } from "../usecases/drift/why-stopped.ts";
import { type Listing, type ListScope, listRegistrations } from "../usecases/lifecycle/list-registrations.ts";
import { findRegistration, type NamedRefusal } from "../usecases/lifecycle/registrations-named.ts";
import { showRegistration } from "../usecases/lifecycle/show-registration.ts";
import { channelOf } from "./activity.ts";
import { registrationCard, registrationsCard } from "./cards.ts";
import { type Action, type PressData, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** Nobody types more to find one; a card carries it to its next page. */
const longestFilter = 100;

export const listActions: Readonly<Record<string, Action>> = {
  "list/page": (turn, data) => listPage(turn, listingIn(data)),
  "registration/show": (turn, data) => show(turn, text(data.registration) ?? "", listingIn(data)),
};

const scopes: readonly ListScope[] = ["own", "all", "expiring"];

/** Which page a card shows: a place in a list and what was typed to filter it. Who may see it is judged anew. */
function listingIn(data: PressData): Listing {
  const after = text(data.after);
  return {
    scope: scopes.find((scope) => scope === data.scope) ?? "own",
    ...(after && { after }),
    ...filterOf(text(data.filter) ?? ""),
  };
}

function filterOf(typed: string): Pick<Listing, "filter"> {
  const filter = typed.trim().slice(0, longestFilter).toWellFormed();
  return filter === "" ? {} : { filter };
}

/** `list`, `list all` and `list expiring`, each with words that those it shows must have. */
export function listByText(turn: Turn, rest: string): Promise<Reply> {
  const [, named, typed = ""] = /^(all|expiring)(?:\s+(.*))?$/is.exec(rest.trim()) ?? [];
  const scope = scopes.find((each) => each === named?.toLowerCase());
  return listPage(turn, scope ? { scope, ...filterOf(typed) } : { scope: "own", ...filterOf(rest) });
}

/**
 * What is everybody's is told where approvers decide and in a chat of one's own. Elsewhere others would read it, and it is
 * said where to ask instead.
 */
export async function notHere({ world, conversation }: Turn): Promise<Reply | undefined> {
  if (conversation.kind === "personal") return undefined;
  if (channelOf(conversation.id) === (await world.store.tables.conversations.approvalsChannel()))
    return undefined;
  return {
    sentence:
      "Everybody in this chat would read that. Say it in your personal chat with Usher, or in the approvals channel.",
  };
}

/** `show` and a name: one registration, and what this person can do with it. */
export async function showByText(turn: Turn, named: string): Promise<Reply> {
  return named.trim() === ""
    ? {
        sentence:
          "Say which one: show and its name, its client ID, its object ID or its REQ- id. Say list to see yours.",
      }
    : show(turn, named);
}

async function listPage(turn: Turn, listing: Listing): Promise<Reply> {
  const { world, caller } = turn;
  const page = await listRegistrations(world, caller, listing);
  if ("refused" in page) return refused(page);
  const elsewhere = listing.scope === "own" ? undefined : await notHere(turn);
  if (elsewhere) return elsewhere;
  const stops = await stoppedOutside(world.store.tables, page.rows);
  return { card: registrationsCard({ ...page, listing, now: world.clock.now(), stops }) };
}

async function show({ world, caller }: Turn, named: string, list?: Listing): Promise<Reply> {
  const shown = await showRegistration(world, caller, named);
  return "refused" in shown ? refused(shown) : { card: registrationCard(shown.view, list) };
}

/** Which one somebody means who names it; an id is taken as it is, because whatever acts on it judges that. */
export async function idNamed({ world, caller }: Turn, named: string): Promise<RequestId | NamedRefusal> {
  const id = parseRequestId(named);
  if (id) return id;
  const found = await findRegistration(world, caller, named);
  return "refused" in found ? found : found.registration.id;
}
