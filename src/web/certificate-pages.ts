import { longestPem } from "../domain/certificate.ts";
import type { UploadedView, UploadView } from "../usecases/handover/desk.ts";
import { type Html, html } from "./html.ts";
import { dayIn, type PageLinks, page } from "./pages.ts";
import type { Press } from "./pass-pages.ts";

/**
 * Takes a certificate for a form in chat, pasted or, with the script, as a file. `complaint` says why the last one will
 * not do; what was sent is not shown again, since it may be what nobody should have sent.
 */
export function uploadPage(links: PageLinks, view: UploadView, press: Press, complaint?: string): Html {
  return page(
    links,
    "Upload the certificate",
    html`
      <p class="lead">For your form: ${view.system}.</p>
      <p>Give the certificate only, never its private key: that stays with your system.</p>
      ${
        complaint === undefined
          ? undefined
          : html`<p class="notice" id="complaint" role="alert"><strong>This will not do.</strong> ${complaint} The link is unchanged: try again here.</p>`
      }
      <form method="post" action="${press.at}" data-once data-certificate>
        <input type="hidden" name="check" value="${press.check}">
        <div class="value" hidden>
          <label for="file">A file</label>
          <p class="quiet" id="file-hint">.cer, .crt, .der or .pem. It is read in this browser first.</p>
          <input id="file" type="file" accept=".cer,.crt,.der,.pem,application/x-x509-ca-cert" aria-describedby="file-hint">
        </div>
        <div class="value">
          <label for="certificate">${view.label}</label>
          <p class="quiet" id="certificate-hint">As text (PEM), with its lines BEGIN CERTIFICATE and END CERTIFICATE.</p>
          <textarea id="certificate" name="certificate" rows="8" maxlength="${String(longestPem)}" required
            autocomplete="off" autocapitalize="off" spellcheck="false" translate="no" data-secret
            aria-describedby="certificate-hint${complaint === undefined ? "" : " complaint"}"${
              complaint === undefined ? undefined : html` aria-invalid="true"`
            }></textarea>
        </div>
        <p id="said" class="notice" role="status" hidden></p>
        <button class="button" type="submit">Use this certificate</button>
      </form>
      <p class="quiet">Your form in Teams then shows what is in it, and you go on there. Nothing is requested before you
        submit the form.</p>`,
    "certificate.js",
  );
}

/** The form has it now. */
export function uploadedPage(links: PageLinks, view: UploadedView): Html {
  return page(
    links,
    "Your form has the certificate",
    html`
      <dl>
        <dt>Form</dt><dd>${view.system}</dd>
        ${view.name === undefined ? undefined : html`<dt>Name in it</dt><dd>${view.name}</dd>`}
        <dt>Valid until</dt><dd>${dayIn(view.expiresAt)}</dd>
        <dt>Thumbprint (SHA-1)</dt><dd><code>${view.thumbprint}</code></dd>
      </dl>
      <p>${
        view.isShown
          ? "Go back to Teams: the form shows it, and you go on there."
          : "Usher could not show it on the form just now, but it is kept. Go back to Teams and go on with the form: leave the field for the certificate as it is."
      }</p>
      <p class="quiet">You can close this page. The link is used up; the form has a button for a new one.</p>`,
  );
}

/** The form was sent, given up or changed meanwhile; `sentence` says which. */
export function noFormPage(links: PageLinks, sentence: string): Html {
  return page(
    links,
    "No form waits for this certificate",
    html`
      <p>${sentence}</p>
      <p class="quiet">You can close this page.</p>`,
  );
}
