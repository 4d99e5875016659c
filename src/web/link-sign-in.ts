import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { parseTenantId, parseUserId } from "../domain/ids.ts";
import { hashOfToken, type SecretKeys, type TokenHash } from "../domain/secret-link.ts";
import { SecretText } from "../domain/secret-text.ts";
import type { HandoverDesk, Viewer } from "../usecases/handover/desk.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { type Answer, seeOther } from "./answer.ts";
import { type LinkRequest, linkPaths } from "./link-paths.ts";
import { type PageLinks, problemPage } from "./pages.ts";
import { cookiesIn, createCookieJar } from "./sealed-cookie.ts";
import { clockToleranceSeconds, type SignIn, type Who } from "./sign-in.ts";

/** Somebody who has signed in for one link, as the browser's cookie says. */
export type Session = { id: string; viewer: Viewer };

export type LinkSignIn = {
  sessionOf(link: TokenHash, headers: IncomingHttpHeaders): Session | undefined;
  /** Sends the browser to the sign-in service. What has to come back is in a cookie; nothing changes here. */
  begin(request: LinkRequest, who: Who): Promise<Answer>;
  /** The browser is back; `query` is what the sign-in service sent along, `address` where the browser is. */
  finish(query: URLSearchParams, headers: IncomingHttpHeaders, address: string): Promise<Answer>;
};

/** A token has 43 characters; a longer text opens nothing, and is cut so that it fits into a cookie. */
const longestToken = 64;
/** Attempts that a browser may have open at once; past that their cookies would fill its request. */
const mostAttempts = 5;

/** The way from a link to the sign-in service and back, for one link at a time. The server remembers nothing of it. */
export function createLinkSignIn(options: {
  signIn: SignIn;
  desk: Pick<HandoverDesk, "arrive">;
  keys: SecretKeys;
  publicUrl: string;
  clock: Clock;
}): LinkSignIn {
  const { signIn, desk, keys, publicUrl, clock } = options;
  const jar = createCookieJar(keys, publicUrl);
  const { links, signInAt, addressOf } = linkPaths(publicUrl);
  const attemptName = (state: string) =>
    jar.nameOf("sign-in", hashOfToken(new SecretText(state)).slice(0, 16));
  const sessionName = (link: TokenHash) => jar.nameOf("link", link.slice(0, 16));

  const unreachable = (retryAt: string): Answer => ({
    status: 503,
    body: problemPage(
      links,
      "The sign-in service does not answer",
      "So nobody can sign in at the moment. Your link is unchanged; try again in a minute.",
      retryAt,
    ),
    outcome: "sign-in-unreachable",
  });

  return {
    sessionOf(link, headers) {
      const content = jar.open(sessionName(link), headers.cookie, clock.now());
      const userId = parseUserId(content?.userId);
      const tenantId = parseTenantId(content?.tenantId);
      if (!content?.id || content.link !== link || !userId || !tenantId) return undefined;
      const { signedInAt } = content;
      return {
        id: content.id,
        viewer: { userId, tenantId, ...(signedInAt && { signedInAt: new Date(signedInAt) }) },
      };
    },

    async begin({ token, headers }, who) {
      const begun = await signIn.begin(who);
      if (begun.kind === "unreachable") return unreachable("?sign-in");
      const { attempt, url } = begun;
      const content = {
        ...attempt,
        token: token.slice(0, longestToken),
        ...(who !== "anybody" && { anewSince: clock.now().toISOString() }),
      };
      const attempts = [...cookiesIn(headers.cookie).keys()].filter((name) =>
        name.startsWith(jar.nameOf("sign-in", "")),
      );
      const cookies = attempts.length < mostAttempts ? [] : attempts.map(jar.remove);
      cookies.push(jar.seal(attemptName(attempt.state), content, clock.now()));
      return { ...seeOther(url, cookies), outcome: "sent-to-sign-in" };
    },

    async finish(query, headers, address) {
      const name = attemptName(query.get("state") ?? "");
      const attempt = jar.open(name, headers.cookie, clock.now()) ?? {};
      const { token, state, nonce, verifier, anewSince } = attempt;
      const failed = (title: string, sentence: string, outcome: string): Answer => ({
        status: 403,
        body: problemPage(links, title, sentence, token && signInAt(token)),
        cookies: [jar.remove(name)],
        outcome,
      });
      const incomplete = () =>
        failed(
          "The sign-in was not completed",
          "It was stopped, took longer than ten minutes, or was begun in another browser. Your link is unchanged.",
          "sign-in-incomplete",
        );
      if (!token || !state || !nonce || !verifier) return incomplete();
      // Only a browser that was sent from here comes so far, and the sign-in service is asked only after this.
      if (!(await desk.arrive(new SecretText(token), address))) return tooMany(links);

      const end = await signIn.finish({ state, nonce, verifier }, query.toString());
      switch (end.kind) {
        case "signed-in": {
          const link = hashOfToken(new SecretText(token));
          const at = provenAt(anewSince, end.authTime, clock.now());
          const id = randomBytes(16).toString("base64url");
          const session = { id, link, ...ids(end.viewer), ...(at && { signedInAt: at.toISOString() }) };
          const cookies = [jar.remove(name), jar.seal(sessionName(link), session, clock.now())];
          return {
            ...seeOther(addressOf(token), cookies),
            outcome: "signed-in",
          };
        }
        case "unreachable":
          return { ...unreachable(signInAt(token)), cookies: [jar.remove(name)] };
        case "other-tenant":
          return failed(
            "This account belongs to another organisation",
            "Sign in with the account that you use in Teams here. Your link is unchanged.",
            "other-tenant",
          );
        case "too-old":
          return failed(
            "This sign-in is too old",
            "The link asks for a sign-in of the last ten minutes. Sign in once more, with your password or your key.",
            "sign-in-too-old",
          );
        case "refused":
          return incomplete();
        default:
          return end satisfies never;
      }
    },
  };
}

/** For each and every token the same. */
export const tooMany = (links: PageLinks): Answer => ({
  status: 429,
  body: problemPage(
    links,
    "Too many attempts",
    "This link was opened too often in a short time. It is unchanged; try again in ten minutes.",
  ),
  outcome: "too-many-attempts",
});

const ids = ({ userId, tenantId }: Viewer) => ({ userId, tenantId });

/**
 * When somebody proved who they are, as far as that is known. Who was sent there to do so anew (`anewSince`) has done it
 * by now, unless the sign-in service itself says that it was before; its clock may go a little wrong against ours.
 */
function provenAt(anewSince: string | undefined, authTime: Date | undefined, now: Date): Date | undefined {
  if (!anewSince) return authTime;
  const earliest = Date.parse(anewSince) - clockToleranceSeconds * 1000;
  return authTime === undefined || authTime.getTime() >= earliest ? now : authTime;
}
