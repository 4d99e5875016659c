import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Locator, Page } from "playwright-core";
import { openChromium } from "./chromium.ts";
import {
  cardWith,
  choose,
  fill,
  openPlayground,
  type PlaygroundPage,
  press,
  sayInPersonalChat,
  showChannel,
  tick,
} from "./playground-page.ts";

/** The approvals channel of the approver's window. */
const approvals = { team: "IT", name: "Approvals" };

/** The trial as `npm run local` starts it, and its two windows in a browser. */
export type RunningTrial = {
  browser: Browser;
  requester: PlaygroundPage;
  approver: PlaygroundPage;
  /** What it printed. */
  lines: readonly string[];
  /** Stops the trial and opens it anew in the same folder, with fresh pages. */
  restart(): Promise<void>;
  /** Keeps a picture of both windows and a trace of what was done in them, for whoever looks into a failure. */
  keep(name: string): Promise<string>;
  close(): Promise<void>;
};

/** Starts the trial in a temporary folder, on ports of its own choice. Throws what it said when it does not come up. */
export async function startRunningTrial(chromium: string): Promise<RunningTrial> {
  const dataDir = await mkdtemp(join(tmpdir(), "usher-trial-"));
  const browser = await openChromium(chromium);
  let trial: Awaited<ReturnType<typeof spawnTrial>> | undefined;
  const open = async () => {
    trial = await spawnTrial(dataDir);
    const [requester, approver] = trial.windows;
    return {
      requester: await openPlayground(browser, requester, "Usher"),
      approver: await openPlayground(browser, approver, "Usher"),
    };
  };
  const close = async () => {
    await browser.close();
    await trial?.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const running: RunningTrial = {
      browser,
      ...(await open()),
      get lines() {
        return trial?.lines ?? [];
      },
      async keep(name) {
        const folder = join(import.meta.dirname, "failed", name.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 80));
        await mkdir(folder, { recursive: true });
        for (const [who, { page }] of Object.entries({
          requester: running.requester,
          approver: running.approver,
        })) {
          // The window itself, and what was opened from it.
          for (const [at, each] of page.context().pages().entries())
            await each.screenshot({ path: join(folder, `${who}-${at}.png`), fullPage: true });
          await page.context().tracing.stopChunk({ path: join(folder, `${who}.zip`) });
          await page.context().tracing.startChunk();
        }
        return folder;
      },
      async restart() {
        await Promise.all([running.requester.page.close(), running.approver.page.close()]);
        await trial?.stop();
        Object.assign(running, await open());
      },
      close,
    };
    return running;
  } catch (error) {
    await close();
    throw error;
  }
}

async function spawnTrial(dataDir: string) {
  const { GRAPH_URL, AUTHORITY_URL, DATABASE_URL, PORT, ...environment } = process.env;
  const child = spawn(process.execPath, ["src/local/trial.ts"], {
    // As npm would start it: then it ends when we do, however that may be.
    env: { ...environment, DATA_DIR: dataDir, npm_lifecycle_event: "local" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line.startsWith("ready ")) resolve();
    });
    child.once("close", () => reject(new Error(`The trial did not start: ${lines.join("\n")}`)));
  });
  const [asks, approves] = lines.flatMap((line) => /(?:asks|approves) +(http:\S+)$/.exec(line)?.[1] ?? []);
  if (!asks || !approves) throw new Error(`The trial names no two windows: ${lines.join("\n")}`);
  return { lines, windows: [asks, approves] as const, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

type Filled = { organisation: string; writes: boolean; reason: string };

/** Says `request`, chooses Identity Manager and fills the form in; answers the form. */
export async function fillForm(
  window: PlaygroundPage,
  { organisation, writes, reason }: Filled,
): Promise<Locator> {
  await sayInPersonalChat(window, "request");
  const chooser = await cardWith(window, "Which system is it for?");
  await choose(chooser, "Which system is it for?", "Netwrix Identity Manager");
  await press(chooser, "Next");
  // Whoever asked for the system before is shown that first.
  const next = await cardWith(
    window,
    /Its name goes into the app's name|You already have this\D*$|Ask for another/,
  );
  if (/You already have this/.test(await next.innerText())) await press(next, "Ask for another");
  const form = await cardWith(window, "Its name goes into the app's name");
  await fill(form, "Organisation", organisation);
  await tick(form, "Yes", writes);
  await fill(form, "Why do you need it? Approvers read this first.", reason);
  return form;
}

/** The same, and sends it; answers the card to review. */
export async function fillRequest(window: PlaygroundPage, filled: Filled): Promise<Locator> {
  return review(window, await fillForm(window, filled));
}

export async function review(window: PlaygroundPage, form: Locator): Promise<Locator> {
  await press(form, "Review");
  return cardWith(window, "Is this right?");
}

/** Submits the card to review; answers the request's id, as the card that takes its place shows it. */
export async function submit(window: PlaygroundPage, review: Locator): Promise<string> {
  await press(review, "Submit");
  const waiting = await cardWith(window, "Waiting for an approver");
  return /REQ-[0-9A-Z]{6}/.exec(await waiting.innerText())?.[0] ?? "";
}

/** The card of a request in the approvals channel. */
export async function approvalCardOf(window: PlaygroundPage, id: string): Promise<Locator> {
  await showChannel(window, approvals);
  return cardWith(window, id);
}

/** Presses the button of the newest link message, which opens a page of its own. */
export async function openLink(window: PlaygroundPage): Promise<Page> {
  const card = await cardWith(window, "Your secret is ready");
  const opened = window.page.context().waitForEvent("page");
  await card.getByRole("link", { name: "Open the secret" }).click();
  const page = await opened;
  await page.waitForLoadState();
  return page;
}

/** Signs in as a person, by the link of this name, and presses Reveal. */
export async function reveal(page: Page, person: string, signIn = "Sign in"): Promise<void> {
  await page.getByRole("link", { name: signIn }).click();
  const chosen = page.getByRole("button", { name: person });
  const show = page.getByRole("button", { name: "Reveal the secret" });
  // Whoever signed in before in this browser is not asked again.
  await chosen.or(show).first().waitFor();
  if (await chosen.isVisible()) await chosen.click();
  await show.click();
  await page.locator("summary").waitFor();
}
