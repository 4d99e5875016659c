import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { findChromium, noChromium, openChromium } from "../browser/chromium.ts";
import { ada, bob } from "./desk.ts";
import { type Edge, startEdge } from "./edge.ts";

const chromium = findChromium();

(chromium ? describe : describe.skip)(`a link in a real browser${chromium ? "" : ` (${noChromium})`}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let edge: Edge;
  const complaints: string[] = [];

  before(async () => {
    browser = await openChromium(chromium!);
  });
  after(() => browser?.close());
  beforeEach(async () => {
    const port = await freePort();
    edge = await startEdge({ publicUrl: `http://127.0.0.1:${port}`, port });
    context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
    page = await context.newPage();
    complaints.length = 0;
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await context.close();
    await edge.stop();
  });

  it("refuses the wrong person, then gives the right one the secret once, by keyboard too", async () => {
    edge.signInService.person = { oid: bob.userId, tid: bob.tenantId };
    await page.goto(edge.link);
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "This link is for somebody else" }).waitFor();

    edge.signInService.person = { oid: ada.userId, tid: ada.tenantId };
    await page.getByRole("link", { name: "Sign in as another person" }).click();
    await page.waitForURL(edge.link);
    await page.getByRole("button", { name: "Reveal the secret" }).press("Enter");

    const secret = page.getByLabel("Client secret", { exact: true }).and(page.locator("input"));
    await page.locator("summary").waitFor();
    assert.equal(await secret.isVisible(), false);
    await page.locator("summary").press("Enter");
    assert.equal(await secret.inputValue(), edge.secret);
    await page.getByRole("button", { name: "Copy Client secret" }).click();
    await page.getByText("Client secret: copied").waitFor();
    assert.equal(await page.evaluate("navigator.clipboard.readText()"), edge.secret);

    // Chromium reports every answer of 400 and more as a complaint of its own.
    assert.deepEqual(
      complaints.filter((text) => !text.includes("status of 403")),
      [],
    );
  });

  it("shows the secret to whoever presses twice", async () => {
    await page.goto(`${edge.link}?sign-in`);
    await page.getByRole("button", { name: "Reveal the secret" }).dblclick();
    await page.locator("summary").waitFor();
    assert.equal(edge.desk.asked.filter(({ verb }) => verb === "reveal").length, 1);
  });

  it("shows nothing after Back, Forward and Reload", async () => {
    await page.goto(`${edge.link}?sign-in`);
    await page.getByRole("button", { name: "Reveal the secret" }).click();
    await page.locator("summary").waitFor();
    const gone = page.getByRole("heading", { name: "This link opens nothing any more" });
    await page.goBack();
    await gone.waitFor();
    // Forward leads to the answer of a post, for which Chromium shows a page of its own, as a failure.
    await page.goForward().catch(() => undefined);
    assert.equal(await page.getByText(edge.secret).or(page.locator("[data-secret]")).count(), 0);
    await page.reload().catch(() => undefined);
    assert.equal(await page.getByText(edge.secret).or(page.locator("[data-secret]")).count(), 0);
    await page.goto(edge.link);
    await gone.waitFor();
    assert.equal(edge.desk.revealed, 1);
  });

  it("needs no script", async () => {
    const scriptless = await browser.newContext({ javaScriptEnabled: false });
    const plain = await scriptless.newPage();
    await plain.goto(`${edge.link}?sign-in`);
    await plain.getByRole("button", { name: "Reveal the secret" }).click();
    await plain.locator("summary").click();
    assert.equal(await plain.locator("#secret").inputValue(), edge.secret);
    assert.equal(await plain.getByRole("button").count(), 0);
    await scriptless.close();
  });
});

/** A port that was free a moment ago. The public address must be known before anything listens. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
