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

/** What a test says when it is left out for want of a browser. */
export const noChromium =
  "left out: no Chromium was found; install chromium or name one in CHROMIUM_PATH to run the browser tests";

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
