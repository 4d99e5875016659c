import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { company } from "../../src/local/tenant/company.ts";
import { findChromium } from "./chromium.ts";
import { cardWith, fill, picture, press, sayInPersonalChat } from "./playground-page.ts";
import {
  approvalCardOf,
  fillRequest,
  openLink,
  type RunningTrial,
  reveal,
  startRunningTrial,
  submit,
} from "./running-trial.ts";
import { smallPng } from "./small-png.ts";

/** `npm run pictures`: plays the main job in the trial and takes the pictures of the documentation on the way. */
const folder = join(import.meta.dirname, "../../docs/pictures");
const file = (name: string) => join(folder, `${name}.png`);
const reason = "Nightly sync of people and groups into the identity warehouse.";

async function takePictures(trial: RunningTrial): Promise<void> {
  const { requester, approver } = trial;
  const ask = { organisation: "Larkfield", writes: false, reason };
  const review = await fillRequest(requester, ask);
  await picture(review, file("request"));
  const id = await submit(requester, review);

  const approval = await approvalCardOf(approver, id);
  await picture(approval, file("approval"));
  await press(approval, "Approve");
  await cardWith(approver, "Approved and ready");

  const ready = await cardWith(requester, "ApplicationId");
  await pictureOfAll([ready, await cardWith(requester, "Your secret is ready")], trial.browser, "handover");

  const page = await openLink(requester);
  await reveal(page, "Mina Okafor");
  await pictureOfPage(page, "secret-light", { width: 760, scheme: "light" });
  await pictureOfPage(page, "secret-dark", { width: 760, scheme: "dark" });
  await pictureOfPage(page, "secret-phone", { width: 360, scheme: "light" });
  await page.close();

  const denied = await submit(
    requester,
    await fillRequest(requester, { ...ask, organisation: "Fernhill", writes: true }),
  );
  const card = await approvalCardOf(approver, denied);
  await picture(card, file("approval-highest"));
  await press(card, "Approve with changes");
  const narrowing = await cardWith(approver, "What is ticked stays");
  await picture(narrowing, file("narrow"));
  await press(narrowing, "Back");
  // Showing the channel again would close what a button has opened, so the card is looked up once for each.
  const back = await approvalCardOf(approver, denied);
  await press(back, "Ask for a change");
  const question = "What should be changed or explained? The person who asked will read it.";
  await fill(back, question, "Which of the two warehouses is it?");
  await press(back, "Send this question");
  await picture(await cardWith(requester, /Which of the two warehouses is it\?/), file("question"));
  await sayInPersonalChat(requester, `answer ${denied} The new one in Bergen.`);
  const answered = await cardWith(approver, "The new one in Bergen.");
  const label = "Why not? The person who asked will read this.";
  const isOpen = () => answered.getByLabel(label).first().isVisible();
  // The card is drawn once more for the answer, which closes what a button has opened.
  for (let tries = 1; tries <= 5; tries++) {
    await press(answered, "Deny");
    await approver.page.waitForTimeout(1_500);
    if (await isOpen()) break;
  }
  await fill(answered, label, "Reading is enough for a warehouse. Ask without fulfil.");
  await press(answered, "Deny with this reason");
  await picture(await cardWith(requester, /^Denied.*say request to ask again/), file("denied"));

  await sayInPersonalChat(requester, "list");
  const list = await cardWith(requester, "Your registrations");
  await picture(list, file("list"));
  await press(list, `Details of ${id}`);
  await picture(await cardWith(requester, /^Registration/), file("registration"));

  await sayInPersonalChat(requester, `rotate ${id}`);
  await press(await cardWith(requester, "Make a new secret?"), "Yes, make a new secret");
  const opened = await openLink(requester);
  await reveal(opened, "Mina Okafor");
  await opened.close();
  // It has the button once Usher knows that the new one was opened.
  const { page: chat } = requester;
  const switched = chat.getByRole("button", { name: "Switched", exact: true });
  const rotation = chat.locator(".ac-adaptiveCard").filter({ has: switched }).last();
  await rotation.waitFor();
  await picture(rotation, file("rotation"));

  // In the trial nobody with a window is an admin.
  const graph = /graph=(\S+)/.exec(trial.lines.at(-1) ?? "")?.[1];
  const members = JSON.stringify({ members: [company.people.approverOne] });
  await fetch(`${graph}/_sim/groups/${company.groups.admins}/members`, { method: "PUT", body: members });
  await sayInPersonalChat(approver, "doctor");
  await picture(await cardWith(approver, /^(Nothing is wrong|\d+ things? (is|are) wrong)/), file("doctor"));
}

/** Several cards below one another in one picture. */
async function pictureOfAll(cards: Locator[], browser: Browser, name: string): Promise<void> {
  const parts = await mkdtemp(join(tmpdir(), "usher-pictures-"));
  const page = await browser.newPage({ deviceScaleFactor: 2 });
  try {
    const images: string[] = [];
    for (const [at, card] of cards.entries()) {
      const part = join(parts, `${at}.png`);
      await picture(card, part);
      images.push(`data:image/png;base64,${(await readFile(part)).toString("base64")}`);
    }
    // The pictures have two pixels for one of the page.
    const drawn = images.map((source) => `<img src="${source}" style="zoom: 0.5">`).join("");
    await page.setContent(
      `<main style="display: inline-flex; flex-direction: column; gap: 12px; padding: 12px; background: #ebebeb">${drawn}</main>`,
    );
    await page.locator("main").screenshot({ path: file(name) });
  } finally {
    await page.close();
    await rm(parts, { recursive: true, force: true });
  }
}

async function pictureOfPage(
  page: Page,
  name: string,
  { width, scheme }: { width: number; scheme: "light" | "dark" },
): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width, height: 400 });
  await page.screenshot({ path: file(name), fullPage: true, animations: "disabled" });
}

const chromium = findChromium();
if (!chromium) {
  process.stderr.write(
    "The pictures are taken with Chromium, and none was found. On Debian: apt-get install chromium. Elsewhere, install Chromium or Chrome and name it in CHROMIUM_PATH.\n",
  );
  process.exit(1);
}
await mkdir(folder, { recursive: true });
const trial = await startRunningTrial(chromium);
try {
  await takePictures(trial);
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(".png"))) {
    const path = join(folder, name);
    const png = await readFile(path);
    // One that another way of taking left there may be small already.
    if (png[25] === 2) await writeFile(path, smallPng(png));
  }
  process.stdout.write(`The pictures are in ${folder}\n`);
} finally {
  await trial.close();
}
