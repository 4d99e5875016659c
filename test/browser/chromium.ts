import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";
import { chromium } from "playwright-core";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * A suite that needs Chromium. Where there is none it is left out, and says so; with `BROWSER_REQUIRED=1`, as in CI, that
 * is a failure.
 */
export function inBrowser(what: string, suite: (chromium: string) => void): void {
  const chromium = findChromium();
  if (chromium) {
    describe(what, () => suite(chromium));
    return;
  }
  const why = `no Chromium was found. On Debian: apt-get install chromium. Elsewhere, name one in CHROMIUM_PATH.`;
  if (process.env.BROWSER_REQUIRED === "1") throw new Error(`BROWSER_REQUIRED is set, and ${why}`);
  describe.skip(`${what} (left out: ${why})`, () => suite(""));
}

/** The path of a Chromium on this machine: CHROMIUM_PATH first, then the usual places. A wrong CHROMIUM_PATH finds none. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  return (named ? [named] : places).find((path) => existsSync(path));
}

/** Starts a headless Chromium that calls nobody on its own. The caller closes it. */
export function openChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      // Chromium's sandbox refuses to work for root, as whom containers run.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
