import { hashOfToken } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { createAntiForgery } from "../../src/web/anti-forgery.ts";
import { createCookieJar } from "../../src/web/sealed-cookie.ts";
import { type JourneyOptions, startJourney } from "../support/journey.ts";
import { newVisitor, type Reply, type Visitor } from "./visitor.ts";

/** Usher as it runs, and browsers that sign in to its links at the simulated tenant. */
export async function startRealUsher(options: JourneyOptions = {}) {
  const journey = await startJourney(options);
  const { publicUrl, secretKeys } = journey.config;
  const jar = createCookieJar(secretKeys, publicUrl);
  const antiForgery = createAntiForgery(secretKeys);
  const addressOf = (token: string) => `${publicUrl}/s/${token}`;

  /** Signs in with the link at hand; answers the page that the browser ends at. */
  async function signIn(
    token: string,
    who: { id: string },
    { visitor = newVisitor({ public: publicUrl, real: publicUrl }), headers = {} } = {},
  ): Promise<{ visitor: Visitor; page: Reply }> {
    const go = async (url: string, init: RequestInit = {}): Promise<Reply> => {
      let reply = await visitor.send(url, { ...init, headers });
      while (reply.headers.has("location"))
        reply = await visitor.send(new URL(reply.headers.get("location") ?? "", reply.url).href, { headers });
      return reply;
    };
    const login = await go(`${addressOf(token)}?sign-in`);
    if (!login.body.includes(`value="${who.id}"`)) return { visitor, page: login };
    const page = await go(login.url, { method: "POST", body: new URLSearchParams({ oid: who.id }) });
    return { visitor, page };
  }

  return {
    journey,
    publicUrl,
    addressOf,
    signIn,
    newVisitor: () => newVisitor({ public: publicUrl, real: publicUrl }),
    /** The token that a form would have for this browser's session, also where the page has no form. */
    checkFor(visitor: Visitor, token: string): string {
      const link = hashOfToken(new SecretText(token));
      const name = jar.nameOf("link", link.slice(0, 16));
      const value = visitor.cookies.get(publicUrl)?.get(name);
      const session = jar.open(name, `${name}=${value}`, journey.world.clock.now());
      return antiForgery.tokenFor(session?.id ?? "", link);
    },
    close: () => journey.close(),
  };
}

export type RealUsher = Awaited<ReturnType<typeof startRealUsher>>;

/** What an onlooker can tell answers apart by. */
export function outside({ status, headers, body }: Reply) {
  // These belong to the moment and the connection.
  const { date, connection, "keep-alive": keepAlive, ...rest } = Object.fromEntries(headers);
  return { status, headers: rest, body };
}
