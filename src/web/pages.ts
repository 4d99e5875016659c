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

/** For the requester: everything but the secret, and the button that spends the link. `check` is the form's token. */
export function readyPage(links: PageLinks, view: HandoverView, revealAt: string, check: string): Html {
  return handoverPage(
    links,
    view,
    html`
      <p>It is shown once. Before you press, have the place open where you will keep it.</p>
      <form method="post" action="${revealAt}" data-once>
        <input type="hidden" name="check" value="${check}">
        <button class="button" type="submit">Reveal the secret</button>
      </form>`,
  );
}

/** The only page with the secret. It needs no script to be shown: `details` hides it until it is pressed. */
export function revealedPage(links: PageLinks, view: HandoverView, secret: string): Html {
  return handoverPage(
    links,
    view,
    html`
      <p class="notice">This is the only time. When you close or leave this page, the secret is gone.</p>
      <div class="secret">
        <details>
          <summary><span class="when-closed">Show</span><span class="when-open">Hide</span> the secret</summary>
          <input id="secret" aria-label="${view.secretLabel}" value="${secret}" ${fieldAttributes} data-secret>
        </details>
        ${copyButton("secret", view.secretLabel)}
      </div>`,
  );
}

export function somebodyElsePage(links: PageLinks, signInAt: string): Html {
  return page(
    links,
    "This link is for somebody else",
    html`
      <p>It opens only for the person it was made for, and you are signed in as another one. Nothing was used up.</p>
      <p>If it is yours, sign in with the account that it was sent to.</p>
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
      <ul>
        <li>Ask Usher in Teams: send it <code>status</code>, and it says where your request stands.</li>
        <li><strong>If you did not open the link yourself, tell an approver at once.</strong>
          The key can be stopped within seconds.</li>
      </ul>`,
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
          ? html`<p>Open the link from your chat with Usher again.</p>`
          : html`<p><a class="button" href="${retryAt}">Try again</a></p>`
      }`,
  );
}

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

function handoverPage(links: PageLinks, view: HandoverView, secret: Html): Html {
  return page(
    links,
    view.displayName,
    html`
      <p class="lead">For ${view.system}. The secret works until
        <time datetime="${view.expiresAt.toISOString()}">${date.format(view.expiresAt)}</time>.</p>
      <section aria-labelledby="values">
        <h2 id="values">Values</h2>
        ${view.entries.map(entryField)}
      </section>
      <section class="card" aria-labelledby="secret-title">
        <h2 id="secret-title">${view.secretLabel}</h2>
        ${view.secretWhere === undefined ? undefined : html`<p class="quiet">Goes into: ${view.secretWhere}</p>`}
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

// A browser must neither remember, translate nor correct a value.
const fieldAttributes = html`type="text" readonly autocomplete="off" spellcheck="false" translate="no"`;

function entryField(entry: HandoverView["entries"][number], index: number): Html {
  const id = `value-${index}`;
  const hint =
    entry.where === undefined
      ? undefined
      : html`<p class="quiet" id="${id}-where">Goes into: ${entry.where}</p>`;
  return html`<div class="value">
          <label for="${id}">${entry.label}</label>
          ${hint}
          <div class="field">
            <input id="${id}" value="${entry.value}" ${fieldAttributes} ${hint && html`aria-describedby="${id}-where"`}>
            ${copyButton(id, entry.label)}
          </div>
        </div>`;
}

/** Hidden until the script is there: without it the value can still be selected. */
function copyButton(fieldId: string, label: string): Html {
  return html`<button type="button" class="copy" data-copy="${fieldId}" aria-label="Copy ${label}" hidden>Copy</button>`;
}

/** A whole page of Usher, in one look. */
export function page(links: PageLinks, title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>${title} · Usher</title>
    <link rel="stylesheet" href="${links.base}/page.css">
    <script src="${links.base}/page.js" defer></script>
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
