import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { parseTenantId, parseUserId } from "../domain/ids.ts";
import { hashOfToken, type SecretKeys, type TokenHash } from "../domain/secret-link.ts";
import { SecretText } from "../domain/secret-text.ts";
import type { HandoverDesk, Viewer } from "../usecases/handover/desk.ts";
import type { Clock } from "../usecases/ports.ts";
import { type Answer, seeOther } from "./answer.ts";
import { comesFromOurPage, createAntiForgery } from "./anti-forgery.ts";
import { gonePage, problemPage, readyPage, revealedPage, signInPage, somebodyElsePage } from "./pages.ts";
import { cookiesIn, createCookieJar } from "./sealed-cookie.ts";
import type { SignIn } from "./sign-in.ts";

export type SecretPageOptions = {
  desk: HandoverDesk;
  signIn: SignIn;
  keys: SecretKeys;
  /** What people's browsers reach, without a slash at the end. */
  publicUrl: string;
  clock: Clock;
};

/** A request, as far as these pages look at it. `token` is the text in the link, whatever it is. */
export type LinkRequest = { token: string; headers: IncomingHttpHeaders };

export type SecretPage = {
  /** Without a sign-in for this very link it looks nothing up, and every token gets the same answer. */
  open(request: LinkRequest): Promise<Answer>;
  /** The answer before sign-in, for requests that never get another one. */
  closed(): Answer;
  /** Sends the browser to the sign-in service. What has to come back is in a cookie; nothing changes here. */
  beginSignIn(request: LinkRequest, who: "anybody" | "another-person"): Promise<Answer>;
  /** The browser is back; `query` is what the sign-in service sent along. */
  finishSignIn(query: URLSearchParams, headers: IncomingHttpHeaders): Promise<Answer>;
  /** Spends the link: only with the session of this link and the token of its form. */
  reveal(request: LinkRequest, form: URLSearchParams): Promise<Answer>;
};

/** A token has 43 characters; a longer text opens nothing, and is cut so that it fits into a cookie. */
const longestToken = 64;
/** Attempts that a browser may have open at once; past that their cookies would fill its request. */
const mostAttempts = 5;

type Session = { id: string; viewer: Viewer };

/** The pages behind `/s/:token`, as functions from a request to an answer. */
export function createSecretPage({ desk, signIn, keys, publicUrl, clock }: SecretPageOptions): SecretPage {
  const jar = createCookieJar(keys, publicUrl);
  const antiForgery = createAntiForgery(keys);
  const links = { base: `${new URL(publicUrl).pathname.replace(/\/$/, "")}/s` };
  const pathOf = (token: string) => `${links.base}/${encodeURIComponent(token)}`;
  const signInAt = (token: string) => `${pathOf(token)}?sign-in`;
  const attemptName = (state: string) =>
    jar.nameOf("sign-in", hashOfToken(new SecretText(state)).slice(0, 16));
  const sessionName = (link: TokenHash) => jar.nameOf("link", link.slice(0, 16));

  function sessionOf(link: TokenHash, headers: IncomingHttpHeaders): Session | undefined {
    const content = jar.open(sessionName(link), headers.cookie, clock.now());
    const userId = parseUserId(content?.userId);
    const tenantId = parseTenantId(content?.tenantId);
    if (!content?.id || content.link !== link || !userId || !tenantId) return undefined;
    return { id: content.id, viewer: { userId, tenantId } };
  }

  const closed = (): Answer => ({ status: 200, body: signInPage(links), outcome: "asked-to-sign-in" });
  const gone = (): Answer => ({ status: 410, body: gonePage(links), outcome: "gone" });
  const somebodyElse = (token: string): Answer => ({
    status: 403,
    body: somebodyElsePage(links, `${signInAt(token)}=another-person`),
    outcome: "somebody-else",
  });
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
    closed,

    async open({ token, headers }) {
      const link = hashOfToken(new SecretText(token));
      const session = sessionOf(link, headers);
      if (!session) return closed();
      const seen = await desk.look(new SecretText(token), session.viewer);
      switch (seen.kind) {
        case "ready": {
          const check = antiForgery.tokenFor(session.id, link);
          const body = readyPage(links, seen.view, `${pathOf(token)}/reveal`, check);
          return { status: 200, body, outcome: "ready" };
        }
        case "somebody-else":
          return somebodyElse(token);
        case "gone":
          return gone();
        default:
          return seen satisfies never;
      }
    },

    async beginSignIn({ token, headers }, who) {
      const begun = await signIn.begin(who);
      if (begun.kind === "unreachable") return unreachable("?sign-in");
      const { attempt, url } = begun;
      const content = { ...attempt, token: token.slice(0, longestToken) };
      const attempts = [...cookiesIn(headers.cookie).keys()].filter((name) =>
        name.startsWith(jar.nameOf("sign-in", "")),
      );
      const cookies = attempts.length < mostAttempts ? [] : attempts.map(jar.remove);
      cookies.push(jar.seal(attemptName(attempt.state), content, clock.now()));
      return { ...seeOther(url, cookies), outcome: "sent-to-sign-in" };
    },

    async finishSignIn(query, headers) {
      const name = attemptName(query.get("state") ?? "");
      const { token, state, nonce, verifier } = jar.open(name, headers.cookie, clock.now()) ?? {};
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

      const end = await signIn.finish({ state, nonce, verifier }, query.toString());
      switch (end.kind) {
        case "signed-in": {
          const link = hashOfToken(new SecretText(token));
          const session = { id: randomBytes(16).toString("base64url"), link, ...end.viewer };
          const cookies = [jar.remove(name), jar.seal(sessionName(link), session, clock.now())];
          return {
            ...seeOther(`${publicUrl}/s/${encodeURIComponent(token)}`, cookies),
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

    async reveal({ token, headers }, form) {
      const link = hashOfToken(new SecretText(token));
      const session = sessionOf(link, headers);
      if (!session)
        return { ...seeOther(`${publicUrl}/s/${encodeURIComponent(token)}`), outcome: "not-signed-in" };
      const check = form.get("check") ?? undefined;
      if (!comesFromOurPage(headers, publicUrl) || !antiForgery.accepts(check, session.id, link)) {
        return {
          status: 403,
          body: problemPage(
            links,
            "Nothing was revealed",
            "This press did not come from the page that Usher showed you. The link is unchanged; open the page anew.",
            pathOf(token),
          ),
          outcome: "forged",
        };
      }
      const opened = await desk.reveal(new SecretText(token), session.viewer);
      switch (opened.kind) {
        case "revealed":
          return {
            status: 200,
            body: revealedPage(links, opened.view, opened.secret.reveal()),
            outcome: "revealed",
          };
        case "somebody-else":
          return somebodyElse(token);
        case "gone":
          return gone();
        default:
          return opened satisfies never;
      }
    },
  };
}
