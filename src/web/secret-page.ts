import { deviceFamily } from "../domain/device-family.ts";
import { hashOfToken, type SecretKeys } from "../domain/secret-link.ts";
import { SecretText } from "../domain/secret-text.ts";
import type { DecideRefusal } from "../usecases/approval/decide-request.ts";
import type { Closed, HandoverDesk, Viewer } from "../usecases/handover/desk.ts";
import type { UploadRefusal } from "../usecases/handover/upload-certificate.ts";
import type { Clock } from "../usecases/ports/world.ts";
import type { RequestView } from "../usecases/telling/request-views.ts";
import { type Answer, seeOther } from "./answer.ts";
import { comesFromOurPage, createAntiForgery } from "./anti-forgery.ts";
import { noFormPage, uploadedPage, uploadPage } from "./certificate-pages.ts";
import { type LinkRequest, linkPaths } from "./link-paths.ts";
import { createLinkSignIn, type Session, tooMany } from "./link-sign-in.ts";
import { gonePage, problemPage, readyPage, revealedPage, signInPage, somebodyElsePage } from "./pages.ts";
import {
  exportPage,
  notApprovedPage,
  type Press,
  signInAgainPage,
  votedPage,
  votePage,
} from "./pass-pages.ts";
import type { SignIn, Who } from "./sign-in.ts";

export type SecretPageOptions = {
  desk: HandoverDesk;
  signIn: SignIn;
  keys: SecretKeys;
  /** What people's browsers reach, without a slash at the end. */
  publicUrl: string;
  clock: Clock;
  words: PageWords;
};

/** What a form of ours may do, as its address ends. */
type PressVerb = "reveal" | "vote" | "export" | "certificate";

/** Words that these pages share with the cards. */
export type PageWords = {
  refusal(refusal: DecideRefusal | UploadRefusal): string;
  /** How dangerous the plan is. */
  risk(view: RequestView): string;
};

export type SecretPage = {
  /** Without a sign-in for this very link it looks nothing up, and every token gets the same answer. */
  open(request: LinkRequest): Promise<Answer>;
  /** The answer before sign-in, for requests that never get another one. */
  closed(): Answer;
  /** Sends the browser to the sign-in service. What has to come back is in a cookie; nothing changes here. */
  beginSignIn(request: LinkRequest, who: Who): Promise<Answer>;
  /** The browser is back; `query` is what the sign-in service sent along, `address` where the browser is. */
  finishSignIn(query: URLSearchParams, headers: LinkRequest["headers"], address: string): Promise<Answer>;
  /** Spends the link: only with the session of this link and the token of its form. */
  reveal(request: LinkRequest, form: URLSearchParams): Promise<Answer>;
  /** Approves, likewise. */
  vote(request: LinkRequest, form: URLSearchParams): Promise<Answer>;
  /** Spends the link and answers the file, likewise. */
  export(request: LinkRequest, form: URLSearchParams): Promise<Answer>;
  /** Takes the certificate of the form, likewise. */
  certificate(request: LinkRequest, form: URLSearchParams): Promise<Answer>;
};

/** The pages behind `/s/:token`, as functions from a request to an answer. */
export function createSecretPage(options: SecretPageOptions): SecretPage {
  const { desk, signIn, keys, publicUrl, clock, words } = options;
  const signedIn = createLinkSignIn({ signIn, desk, keys, publicUrl, clock });
  const antiForgery = createAntiForgery(keys);
  const { links, pathOf, signInAt, addressOf } = linkPaths(publicUrl);

  const closed = (): Answer => ({ status: 200, body: signInPage(links), outcome: "asked-to-sign-in" });
  /** Links of every kind end alike where they open nothing to somebody. */
  function shut(token: string, { kind }: Closed): Answer {
    switch (kind) {
      case "somebody-else": {
        const body = somebodyElsePage(links, `${signInAt(token)}=another-person`);
        return { status: 403, body, outcome: "somebody-else" };
      }
      case "gone":
        return { status: 410, body: gonePage(links), outcome: "gone" };
      case "too-many":
        return tooMany(links);
      default:
        return kind satisfies never;
    }
  }
  const unknown = (token: string): Answer => ({
    status: 503,
    body: problemPage(
      links,
      "Microsoft Entra does not answer",
      "So Usher could not check whether this link opens for you. Nothing was used up; try again in a minute.",
      pathOf(token),
    ),
    outcome: "not-looked-up",
  });
  const signInAgain = (token: string): Answer => ({
    status: 200,
    body: signInAgainPage(links, `${signInAt(token)}=once-more`),
    outcome: "asked-to-sign-in-again",
  });
  const notApproved = (token: string, refusal: DecideRefusal): Answer => ({
    status: 409,
    body: notApprovedPage(links, words.refusal(refusal), pathOf(token)),
    outcome: refusal.refused,
  });

  const noForm = (refusal: UploadRefusal): Answer => ({
    status: 409,
    body: noFormPage(links, words.refusal(refusal)),
    outcome: refusal.refused,
  });
  const pressOn = (token: string, session: Session, verb: PressVerb): Press => ({
    at: `${pathOf(token)}/${verb}`,
    check: antiForgery.tokenFor(session.id, hashOfToken(new SecretText(token))),
  });

  /** What a press on a page of ours does: only with the session of this link and the token of its form. */
  async function pressed(
    { token, headers }: LinkRequest,
    form: URLSearchParams,
    title: string,
    act: (token: SecretText, viewer: Viewer, session: Session) => Promise<Answer>,
  ): Promise<Answer> {
    const link = hashOfToken(new SecretText(token));
    const session = signedIn.sessionOf(link, headers);
    if (!session) return { ...seeOther(addressOf(token)), outcome: "not-signed-in" };
    const check = form.get("check") ?? undefined;
    if (!comesFromOurPage(headers, publicUrl) || !antiForgery.accepts(check, session.id, link)) {
      const sentence =
        "This press did not come from the page that Usher showed you. The link is unchanged; open the page anew.";
      return { status: 403, body: problemPage(links, title, sentence, pathOf(token)), outcome: "forged" };
    }
    return act(new SecretText(token), session.viewer, session);
  }

  return {
    closed,

    async open({ token, headers }) {
      const link = hashOfToken(new SecretText(token));
      const session = signedIn.sessionOf(link, headers);
      if (!session) return closed();
      const seen = await desk.look(new SecretText(token), session.viewer);
      const press = (verb: PressVerb) => pressOn(token, session, verb);
      switch (seen.kind) {
        case "ready": {
          const { at, check } = press("reveal");
          return { status: 200, body: readyPage(links, seen.view, at, check), outcome: "ready" };
        }
        case "vote": {
          const body = votePage(links, seen.view, words.risk(seen.view), press("vote"));
          return { status: 200, body, outcome: "ready-to-vote" };
        }
        case "unknown":
          return unknown(token);
        case "export":
          return {
            status: 200,
            body: exportPage(links, seen.view, press("export")),
            outcome: "ready-to-export",
          };
        case "upload":
          return {
            status: 200,
            body: uploadPage(links, seen.view, press("certificate")),
            outcome: "ready-to-upload",
          };
        case "no-form":
          return noForm(seen.refusal);
        case "sign-in-again":
          return signInAgain(token);
        case "refused":
          return notApproved(token, seen.refusal);
        default:
          return shut(token, seen);
      }
    },

    beginSignIn: signedIn.begin,

    finishSignIn: signedIn.finish,

    reveal: (request, form) =>
      pressed(request, form, "Nothing was revealed", async (token, viewer) => {
        const opened = await desk.reveal(token, viewer, deviceFamily(request.headers["user-agent"]));
        switch (opened.kind) {
          case "revealed":
            return {
              status: 200,
              body: revealedPage(links, opened.view, opened.secret.reveal()),
              outcome: "revealed",
            };
          case "unknown":
            return unknown(request.token);
          default:
            return shut(request.token, opened);
        }
      }),

    vote: (request, form) =>
      pressed(request, form, "Nothing was approved", async (token, viewer) => {
        const voted = await desk.vote(token, viewer);
        switch (voted.kind) {
          case "voted":
            return { status: 200, body: votedPage(links, voted.view), outcome: "voted" };
          case "sign-in-again":
            return signInAgain(request.token);
          case "refused":
            return notApproved(request.token, voted.refusal);
          default:
            return shut(request.token, voted);
        }
      }),

    export: (request, form) =>
      pressed(request, form, "Nothing was downloaded", async (token, viewer) => {
        const download = await desk.download(token, viewer);
        switch (download.kind) {
          case "file": {
            const { name, format, content } = download;
            return {
              status: 200,
              body: { type: fileTypes[format], file: name, content },
              outcome: "downloaded",
            };
          }
          default:
            return shut(request.token, download);
        }
      }),

    certificate: (request, form) =>
      pressed(request, form, "Nothing was kept", async (token, viewer, session) => {
        const uploaded = await desk.upload(token, viewer, form.get("certificate") ?? "");
        switch (uploaded.kind) {
          case "uploaded":
            return { status: 200, body: uploadedPage(links, uploaded.view), outcome: "uploaded" };
          case "mend": {
            const press = pressOn(request.token, session, "certificate");
            const body = uploadPage(links, uploaded.view, press, uploaded.sentence);
            return { status: 422, body, outcome: "to-mend" };
          }
          case "no-form":
            return noForm(uploaded.refusal);
          default:
            return shut(request.token, uploaded);
        }
      }),
  };
}

const fileTypes = { csv: "text/csv; charset=utf-8", jsonl: "application/jsonl" } as const;
