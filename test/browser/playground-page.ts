import type { Browser, Locator, Page } from "playwright-core";

/** Height of all that is on the page beside a card. */
const pageFurniture = 700;

/** A page of one Agents Playground window. */
export type PlaygroundPage = { page: Page };

/**
 * Opens a window in the browser and waits until the Playground has read its configuration, which is when the personal
 * chat bears the bot's name. Whatever is not on loopback is refused: the page asks a font server of Microsoft's.
 */
export async function openPlayground(
  browser: Browser,
  url: string,
  botName: string,
): Promise<PlaygroundPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, deviceScaleFactor: 2 });
  await page.context().tracing.start({ screenshots: true, snapshots: true });
  await page.route(
    ({ hostname }) => hostname !== "127.0.0.1",
    (route) => route.abort(),
  );
  await page.goto(url);
  await page.getByRole("treeitem", { name: "Personal Chat" }).getByRole("img", { name: botName }).waitFor();
  await page.getByRole("button", { name: "Hide log panel" }).click();
  return { page };
}

/** Sends a message in the personal chat. */
export async function sayInPersonalChat({ page }: PlaygroundPage, text: string): Promise<void> {
  await page.getByRole("treeitem", { name: "Personal Chat" }).click();
  await typeMessage(page, text);
  await page.getByRole("button", { name: "Send Message" }).click();
}

/** Sends a message in the group chat of this name, with a mention of the bot: without one the bot does not get it. */
export async function mentionInGroupChat(
  { page }: PlaygroundPage,
  chat: string,
  bot: string,
  text: string,
): Promise<void> {
  await page.getByRole("treeitem", { name: chat }).click();
  await mention(page, bot);
  await page.keyboard.type(text);
  await page.getByRole("button", { name: "Send Message" }).click();
}

/** Starts a post in a channel, with a mention of the bot: without one the bot does not get it. */
export async function postInChannel(
  window: PlaygroundPage,
  channel: { team: string; name: string },
  bot: string,
  text: string,
): Promise<void> {
  const { page } = window;
  await showChannel(window, channel);
  await mention(page, bot);
  await page.keyboard.type(text);
  await page.getByRole("button", { name: "Post", exact: true }).click();
}

/** Shows a channel. The first time after a load of the page the bot gets the channel's install events. */
export async function showChannel(
  { page }: PlaygroundPage,
  channel: { team: string; name: string },
): Promise<void> {
  await page.getByRole("treeitem", { name: `${channel.team} - ${channel.name}` }).click();
  await page.getByRole("button", { name: "Post", exact: true }).waitFor();
}

/** The newest card that shows the text, as soon as there is one. Cards without the text are passed over. */
export async function cardWith({ page }: PlaygroundPage, text: string | RegExp): Promise<Locator> {
  const cards = page.locator(".ac-adaptiveCard").filter({ hasText: text });
  await cards.first().waitFor();
  // A channel shows the newest post first, a chat shows it last.
  const inChannel = await page.getByRole("button", { name: "Post", exact: true }).isVisible();
  return inChannel ? cards.first() : cards.last();
}

/** Presses the action of a card by its title; opens the card's overflow menu when the action is in there. */
export async function press(card: Locator, title: string): Promise<void> {
  const action = card.getByRole("button", { name: title, exact: true });
  if ((await action.count()) === 0) {
    await card.getByRole("button", { name: "More options" }).click();
    await card.page().getByText(title, { exact: true }).last().click();
    return;
  }
  await action.first().click();
}

/** Types into the input with this label: text, number, or a date as 2026-12-31. */
export async function fill(card: Locator, label: string, value: string): Promise<void> {
  await labelled(card, label).fill(value);
}

/** Ticks or unticks a choice, or a toggle, by its own words. */
export async function tick(card: Locator, choice: string, ticked: boolean): Promise<void> {
  await card.getByRole("checkbox", { name: choice }).setChecked(ticked);
}

/** Chooses in a compact or filtered choice set by its label. */
export async function choose(card: Locator, label: string, choice: string): Promise<void> {
  await labelled(card, label).click();
  await card.page().getByRole("option", { name: choice, exact: true }).click();
}

/** Writes a picture of the whole card. The Playground has a light look only. */
export async function picture(card: Locator, path: string): Promise<void> {
  const page = card.page();
  const viewport = page.viewportSize();
  const box = await card.boundingBox();
  if (!viewport || !box) throw new Error("The card is not on the page.");
  // A chat scrolls inside the page, and what is scrolled away would be missing: the page is made tall enough.
  await page.setViewportSize({ width: viewport.width, height: Math.ceil(box.height) + pageFurniture });
  await card.scrollIntoViewIfNeeded();
  await card.screenshot({ path, animations: "disabled" });
  await page.setViewportSize(viewport);
}

/** An input by its label. A required one has a star after it. */
function labelled(card: Locator, label: string): Locator {
  const words = label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return card.getByLabel(new RegExp(`^${words}(\\s*\\*)?$`)).first();
}

async function typeMessage(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox").last().click();
  await page.keyboard.type(text);
}

async function mention(page: Page, bot: string): Promise<void> {
  await page.locator("[data-lexical-editor]").first().click();
  await page.keyboard.type(`@${bot}`);
  await page.getByRole("menuitem", { name: bot }).click();
  await page.keyboard.type(" ");
}
