import { readFileSync } from "node:fs";
import type restify from "restify";
import { seeOther } from "./answer.ts";
import type { Answering } from "./answering.ts";
import type { CallerAddress } from "./caller-address.ts";
import { readForm } from "./request-body.ts";
import type { SecretPage } from "./secret-page.ts";

const formLimit = 4 * 1024;
/** A certificate as text, and more: what is too long is turned away in words. */
const certificateLimit = 128 * 1024;

/** Puts the secret page and what belongs to it under `/s`. */
export function mountLinkRoutes(
  server: restify.Server,
  secretPage: SecretPage,
  publicUrl: string,
  answering: Answering,
  addressOf: CallerAddress,
): void {
  const linkRequest = (req: restify.Request) => ({ token: String(req.params.token), headers: req.headers });
  const queryOf = (req: restify.Request) => new URLSearchParams(req.getQuery());
  const assets = [
    { name: "page.js", type: "text/javascript; charset=utf-8" },
    { name: "certificate.js", type: "text/javascript; charset=utf-8" },
    { name: "page.css", type: "text/css; charset=utf-8" },
  ];
  // The router prefers a fixed path to a parameter, so these are no tokens.
  for (const { name, type } of assets) {
    const body = { type, text: readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8") };
    server.get(
      `/s/${name}`,
      answering(() => ({ status: 200, body }), "quiet"),
    );
  }
  server.get(
    "/s/callback",
    answering((req) => secretPage.finishSignIn(queryOf(req), req.headers, addressOf(req))),
  );
  server.get(
    "/s/:token",
    answering((req) => {
      const begins = queryOf(req).get("sign-in");
      if (begins === null) return secretPage.open(linkRequest(req));
      const isNew = begins === "another-person" || begins === "once-more";
      return secretPage.beginSignIn(linkRequest(req), isNew ? begins : "anybody");
    }),
  );
  server.head(
    "/s/:token",
    answering(() => secretPage.closed()),
  );
  for (const press of ["reveal", "vote", "export", "certificate"] as const) {
    server.post(
      `/s/:token/${press}`,
      answering(async (req) => {
        const read = await readForm(req, press === "certificate" ? certificateLimit : formLimit);
        return secretPage[press](linkRequest(req), "form" in read ? read.form : new URLSearchParams());
      }),
    );
    // Whoever sends the address of such a page again, without the form, is led to what the link says now.
    server.get(
      `/s/:token/${press}`,
      answering((req) => seeOther(`${publicUrl}/s/${encodeURIComponent(req.params.token)}`)),
    );
  }
}
