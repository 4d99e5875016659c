import type { ExportView } from "../usecases/handover/desk.ts";
import type { RequestView } from "../usecases/telling/request-views.ts";
import { type Html, html } from "./html.ts";
import { type PageLinks, page } from "./pages.ts";

/** A form of ours with one button. `check` is its token. */
export type Press = { at: string; check: string };

const button = ({ at, check }: Press, words: string) => html`<form method="post" action="${at}" data-once>
        <input type="hidden" name="check" value="${check}">
        <button class="button" type="submit">${words}</button>
      </form>`;

/** For the approver who has just signed in: what is approved, and the button that does it. `risk` is in words. */
export function votePage(links: PageLinks, view: RequestView, risk: string, press: Press): Html {
  const { id, revision, requester, plan, reason } = view.request;
  return page(
    links,
    `Approve ${id}?`,
    html`
      <p>You have signed in, so your approval counts now. Nothing is approved before you press.</p>
      <dl>
        <dt>Request</dt><dd>${id}, revision ${String(revision)}</dd>
        <dt>Who asks</dt><dd>${requester.name}</dd>
        <dt>System</dt><dd>${plan.blueprint.title}</dd>
        <dt>Name</dt><dd>${plan.displayName}</dd>
        <dt>Risk</dt><dd>${risk}</dd>
        <dt>Why</dt><dd>${reason}</dd>
      </dl>
      ${button(press, `Approve ${id}`)}
      <p class="quiet">The whole plan is on its card in Teams. To deny it or to ask for a change, use the card.</p>`,
  );
}

/** The vote counts; others may still be missing. */
export function votedPage(links: PageLinks, { request, missingVotes }: RequestView): Html {
  const isOpen = request.state === "pending";
  const more = missingVotes === 1 ? "one more approval" : `${missingVotes} more approvals`;
  return page(
    links,
    isOpen ? "Your approval counts" : `${request.id} is approved`,
    html`
      <p>${isOpen ? `${request.id} needs ${more} from other people before anything is made.` : "Usher makes it now. Its card in Teams shows how far it is."}</p>
      <p class="quiet">You can close this page.</p>`,
  );
}

/** The sign-in is older than the link, so it says nothing of who sits there now. */
export function signInAgainPage(links: PageLinks, signInAt: string): Html {
  return page(
    links,
    "Sign in once more",
    html`
      <p>This link asks for a sign-in that is made for it, and yours was made before. Nothing was used up.</p>
      <p><a class="button" href="${signInAt}">Sign in once more</a></p>`,
  );
}

/** Nothing was approved; `sentence` says why and what to do. */
export function notApprovedPage(links: PageLinks, sentence: string, retryAt: string): Html {
  return page(
    links,
    "Nothing was approved",
    html`
      <p>${sentence}</p>
      <p><a class="button" href="${retryAt}">Look again</a></p>`,
  );
}

const formatWords: Readonly<Record<ExportView["format"], string>> = {
  csv: "CSV, for a spreadsheet",
  jsonl: "JSON Lines, one object a line",
};

/** For the admin who asked for it: what the file holds, and the button that spends the link. */
export function exportPage(links: PageLinks, { format, subject }: ExportView, press: Press): Html {
  return page(
    links,
    "The audit as a file",
    html`
      <dl>
        <dt>What</dt><dd>${subject === undefined ? "All of it" : subject}</dd>
        <dt>Format</dt><dd>${formatWords[format]}</dd>
      </dl>
      <p>It holds what is there when you press. The link works once: keep the file when the browser offers it.</p>
      ${button(press, "Download")}`,
  );
}
