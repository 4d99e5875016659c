import { company } from "./company.ts";
import type { Row } from "./state.ts";

const escapeHtml = (text: unknown) =>
  String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (title: string, body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem; }
button { display: block; width: 100%; margin: 0 0 .5rem; padding: .6rem 1rem; font: inherit; text-align: left; cursor: pointer; }
small { color: #555; }
</style>
</head>
<body>
${body}
</body>
</html>
`;

/** Who are you? One button per person; the form posts `oid` to the page's own address. */
export function signinPage(people: readonly Row[], clientName: string): string {
  const buttons = people.map(
    ({ value }) =>
      `<button type="submit" name="oid" value="${escapeHtml(value.id)}">${escapeHtml(value.displayName)}</button>`,
  );
  return page(
    `Sign in to ${company.name}`,
    `<h1>Sign in</h1>
<p>to <b>${escapeHtml(clientName)}</b>. This is the simulated tenant of ${escapeHtml(company.name)}: choose who you are.</p>
<form method="post">
${buttons.join("\n")}
</form>
<p><small>No password is asked, and nothing here is known outside this computer.</small></p>`,
  );
}

/** What an administrator is asked to grant; the form posts to the page's own address. */
export function consentPage(clientName: string, permissions: readonly string[]): string {
  const lines = permissions.map((permission) => `<li>${escapeHtml(permission)}</li>`);
  return page(
    "Permissions requested",
    `<h1>Permissions requested</h1>
<p><b>${escapeHtml(clientName)}</b> asks for these in all of ${escapeHtml(company.name)}. You are an administrator here.</p>
<ul>
${lines.join("\n")}
</ul>
<form method="post">
<button type="submit">Accept</button>
</form>`,
  );
}

/** Says why a sign-in goes no further. */
export const refusalPage = (message: string) => endPage("You cannot sign in", message);

/** Says in a heading and a sentence how it ended. */
export function endPage(title: string, message: string): string {
  return page(title, `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(message)}</p>`);
}
