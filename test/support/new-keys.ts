import type { RequestId } from "../../src/domain/ids.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { actionsOf } from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { company } from "../../src/local/tenant/company.ts";
import { type Journey, mina, personalChat, verbsOf } from "./journey.ts";

type Person = typeof mina;

const secretIn = (page: string) =>
  (/<input\b[^>]*id="secret"[^>]*>/.exec(page)?.[0].match(/value="([^"]*)"/)?.[1] ?? "").replaceAll(
    "&amp;",
    "&",
  );

/** Whether the sign-in service gives a token for a secret of the app. */
export async function works(
  { authorityUrl }: { authorityUrl: string },
  clientId: string,
  secret: string,
): Promise<boolean> {
  const { status } = await fetch(`${authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: secret,
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  return status === 200;
}

/** One-time links that stand in a person's own chat by now, oldest first. */
export const linksTo = ({ teams }: Pick<Journey, "teams">, who: Person = mina): string[] =>
  teams.messages
    .filter(({ conversationId }) => conversationId === personalChat(who).id)
    .flatMap(({ card }: ChatMessage) => actionsOf(card))
    .flatMap(({ type, url }) => (type === "Action.OpenUrl" ? [String(url)] : []))
    .filter((url) => url.includes("/s/"));

/** A registration that was made for somebody, with what can be asked about its keys. */
export async function aHandedOver(journey: Journey, who: Person = mina) {
  const { id, card, link } = await journey.provisioned(who);
  const requestId = id as RequestId;
  const { registrations, newKeys, keys } = journey.world.store.tables;
  const made = await registrations.get(requestId);
  if (!made) throw new Error(`${id} was not made`);
  const { clientId, applicationObjectId } = made;

  const handed = {
    id,
    requestId,
    card,
    link,
    clientId,
    applicationObjectId,
    /** Ids of the keys that stand in the tenant. */
    async keyIds(): Promise<string[]> {
      const { body } = await journey.graph(`/applications/${applicationObjectId}`);
      return ((body.passwordCredentials ?? []) as { keyId: string }[]).map(({ keyId }) => keyId);
    },
    stands: () => journey.stands(card),
    /** On their own card where no other message is named. */
    async press(verb: string, by: Person = who, message?: ChatMessage) {
      if (!message)
        await journey.until(async () => verbsOf(journey.stands(card)).includes(verb), `a card with ${verb}`);
      return journey.teams.press(by, personalChat(who), message ?? journey.stands(card), verb);
    },
    /** No new key is being made any more. */
    settled: () =>
      journey.until(async () => (await newKeys.get(requestId)) === undefined, `the new key of ${id}`),
    /** The link that came after those, once the key is handed over. */
    async nextLink(...before: string[]): Promise<string> {
      await handed.settled();
      let next: string | undefined;
      await journey.until(async () => {
        next = linksTo(journey, who).findLast((url) => !before.includes(url));
        return next !== undefined;
      }, "the next link");
      return next ?? "";
    },
    /** What the person who it is for reads behind the link; empty where it opens nothing. */
    async reveal(url: string): Promise<string> {
      const page = await journey.openAs(url, who);
      return page.status === 200 ? secretIn((await page.reveal()).body) : "";
    },
    works: (secret: string) => works(journey.tenant, clientId, secret),
    currentKey: async () => (await keys.of(requestId)).find(({ state }) => state === "current")?.keyId,
  };
  return handed;
}

export type HandedOver = Awaited<ReturnType<typeof aHandedOver>>;

/** A browser in which a person has signed in at a link, and that is about to press Show. */
export async function aboutToReveal(link: string, who: Person = mina) {
  const browser = createBrowser();
  const page = await browser.signIn(`${link}?sign-in`, who.id);
  const check = /name="check" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
  return async () => secretIn((await browser.open(`${link}/reveal`, { check })).body);
}
