import type { AddressAnswer } from "../usecases/ports/probes.ts";

const patienceMs = 6_000;

/** What Node and OpenSSL call a certificate that is not to be believed. */
const untrusted = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|HOSTNAME_MISMATCH)/;

/**
 * Asks for the style sheet of the pages, by the address that stands in links. From outside nothing else than `/s/` and
 * Teams' own path need be reachable, so `/livez` would tell nothing of what people reach.
 */
export async function publicAddress(publicUrl: string): Promise<AddressAnswer> {
  try {
    const answer = await fetch(`${publicUrl}/s/page.css`, {
      signal: AbortSignal.timeout(patienceMs),
      redirect: "manual",
    });
    await answer.body?.cancel();
    const isOurs = answer.status === 200 && answer.headers.get("content-type")?.startsWith("text/css");
    return isOurs ? { answer: "usher" } : { answer: "other", status: answer.status };
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: unknown } };
    const code = String(cause?.code ?? name);
    return { answer: untrusted.test(code) ? "untrusted" : "none", code };
  }
}
