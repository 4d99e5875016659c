import type { HandoverView } from "../usecases/handover/desk.ts";
import { type Html, html } from "./html.ts";

/** Addresses that a page names, as paths on this host. */
export type PageLinks = { base: string };

/** What anybody sees who has not signed in: for each and every token the same bytes, so its link is a relative one. */
export function signInPage(links: PageLinks): Html {
  return page(
    links,
    "Sign in to open",
    html`
      <p>This is a one-time link from Usher. It opens for one person only, so first say who you are.</p>
      <p><a class="button" href="?sign-in">Sign in</a></p>
      <p class="quiet">Signing in uses nothing up. The link is spent only when you press the button on the next page.</p>`,
  );
}

/** Where the secret stands in its page: a browser shows this part first, and a keyboard goes on from there. */
const secretTitle = "secret-title";

/** For whom it is: everything but the secret, and the button that spends the link. `check` is the form's token. */
export function readyPage(links: PageLinks, view: HandoverView, revealAt: string, check: string): Html {
  return handoverPage(
    links,
    view,
    html`
          <p>It is shown once. First have the place open where it goes, or a password store.</p>
          <form method="post" action="${revealAt}#${secretTitle}" data-once>
            <input type="hidden" name="check" value="${check}">
            <button class="button" type="submit">Reveal the secret</button>
          </form>
          <p class="quiet">Nothing is used up before you press.</p>`,
  );
}

/** The only page with the secret. It needs no script to be shown: `details` hides it until it is pressed. */
export function revealedPage(links: PageLinks, view: HandoverView, secret: string): Html {
  return handoverPage(
    links,
    view,
    html`
          <p class="notice"><strong>This is the only time.</strong> When you close, leave or reload this page, the secret is gone.</p>
          <div class="secret">
            <details>
              <summary><span class="when-closed"><span class="dots" aria-hidden="true">••••••••••••</span> Show</span><span class="when-open">Hide</span><span class="unseen"> the secret</span></summary>
              <input id="secret" aria-label="${view.secretLabel}" value="${secret}" ${fieldAttributes} data-secret>
            </details>
            ${copyButton("secret", view.secretLabel)}
          </div>
          <p class="quiet">If it is lost: <strong>I lost it</strong>, on the card of the request in Teams, removes this
            secret and brings a link to a new one.</p>`,
  );
}

export function somebodyElsePage(links: PageLinks, signInAt: string): Html {
  return page(
    links,
    "This link is for somebody else",
    html`
      <p>It opens only for the person it was made for, and you are signed in as another one. Nothing was used up.</p>
      <p>If it is for you, sign in with the account that you use in Teams here.</p>
      <p><a class="button" href="${signInAt}">Sign in as another person</a></p>`,
  );
}

/** Expired, used, cancelled and never existed look the same. */
export function gonePage(links: PageLinks): Html {
  return page(
    links,
    "This link opens nothing any more",
    html`
      <p>Each link opens once, for one person, for a limited time.</p>
      <h2>What you can do</h2>
      <p>Send Usher <code>status</code> in Teams. The card of your request says how it stands, and helps:</p>
      <ul>
        <li><strong>You did not open it yourself?</strong> Press <strong>It was not me</strong>, at once. Usher removes
          the secret, sends a link to a new one, and tells the approvers.</li>
        <li><strong>You opened it, and the secret is lost?</strong> Press <strong>I lost it</strong>. Usher removes the
          secret, and sends a link to a new one.</li>
        <li><strong>The time was over before you came?</strong> Press <strong>Get a new link</strong>.</li>
      </ul>
      <p class="quiet">If the link was for something else, ask for a new one where you asked for this one.</p>`,
  );
}

/** Something did not work. `retryAt` is where a second try begins; without it the way leads back to the chat. */
export function problemPage(links: PageLinks, title: string, sentence: string, retryAt?: string): Html {
  return page(
    links,
    title,
    html`
      <p>${sentence}</p>
      ${
        retryAt === undefined
          ? html`<p>Then open the link from your chat with Usher again.</p>`
          : html`<p><a class="button" href="${retryAt}">Try again</a></p>`
      }`,
  );
}

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** A day in words, which a machine can read too. */
export const dayIn = (moment: Date) =>
  html`<time datetime="${moment.toISOString()}">${date.format(moment)}</time>`;

function handoverPage(links: PageLinks, view: HandoverView, secret: Html): Html {
  const { entries, secretWhere } = view;
  // A place that is the same for all of them is said once, as on the card.
  const isCommon =
    secretWhere !== undefined && entries.length > 0 && entries.every(({ where }) => where === secretWhere);
  return page(
    links,
    view.displayName,
    html`
      <p class="lead">For ${view.system}. The secret works until ${dayIn(view.expiresAt)}.</p>
      ${isCommon ? html`<p class="lead">The values and the secret go in: ${secretWhere}</p>` : undefined}
      <section aria-labelledby="values">
        <h2 id="values">Values</h2>
        ${entries.map((entry, index) => entryField(isCommon ? without(entry) : entry, index))}
      </section>
      <section class="panel" aria-labelledby="${secretTitle}">
        <h2 id="${secretTitle}">${view.secretLabel}</h2>
        ${isCommon || secretWhere === undefined ? undefined : html`<p class="quiet">Goes in: ${secretWhere}</p>`}
        ${secret}
      </section>
      ${
        view.next.length === 0
          ? undefined
          : html`<section aria-labelledby="next">
        <h2 id="next">Next steps</h2>
        <ol>${view.next.map((step) => html`<li>${step}</li>`)}</ol>
      </section>`
      }
      <p id="said" class="unseen" role="status"></p>`,
  );
}

type Entry = HandoverView["entries"][number];

const without = ({ label, value }: Entry): Entry => ({ label, value });

// A browser must neither remember, translate nor correct a value.
const fieldAttributes = html`type="text" readonly autocomplete="off" spellcheck="false" translate="no"`;

function entryField(entry: Entry, index: number): Html {
  const id = `value-${index}`;
  const hint =
    entry.where === undefined
      ? undefined
      : html`<p class="quiet" id="${id}-where">Goes in: ${entry.where}</p>`;
  return html`<div class="value">
          <label for="${id}">${entry.label}</label>
          ${hint}
          <input id="${id}" value="${entry.value}" ${fieldAttributes} ${hint && html`aria-describedby="${id}-where"`}>
          ${copyButton(id, entry.label)}
        </div>`;
}

/** Hidden until the script is there: without it the value can still be selected. */
function copyButton(fieldId: string, label: string): Html {
  return html`<button type="button" class="copy" data-copy="${fieldId}" aria-label="Copy ${label}" hidden>Copy</button>`;
}

/** A whole page of Usher, in one look. `script`: one of the assets that only this page needs. */
export function page(links: PageLinks, title: string, content: Html, script?: string): Html {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>${title} · Usher</title>
    <link rel="stylesheet" href="${links.base}/page.css">
    <script src="${links.base}/page.js" defer></script>${
      script === undefined
        ? undefined
        : html`\n    <script type="module" src="${links.base}/${script}"></script>`
    }
  </head>
  <body>
    <header><p class="brand">Usher</p></header>
    <main>
      <h1>${title}</h1>${content}
    </main>
  </body>
</html>
`;
}
