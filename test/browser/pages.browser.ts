import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { securityHeaders } from "../../src/web/headers.ts";
import { samples } from "../web/every-page.ts";
import { inBrowser, openChromium } from "./chromium.ts";

const web = new URL("../../src/web/", import.meta.url);
const asset = (name: string) => readFileSync(new URL(`assets/${name}`, web), "utf8");
const types: Readonly<Record<string, string>> = { css: "text/css", js: "text/javascript" };

inBrowser("the pages behind a one-time link, in a browser", (chromium) => {
  let browser: Browser;
  let page: Page;
  let server: Server;
  let base: string;
  const complaints: string[] = [];

  before(async () => {
    browser = await openChromium(chromium);
    page = await browser.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      for (const [header, value] of Object.entries(securityHeaders("http://localhost")))
        response.setHeader(header, value);
      const [, file, ending = ""] = /^\/s\/([a-z]+\.(css|js))$/.exec(pathname) ?? [];
      response.setHeader("Content-Type", `${types[ending] ?? "text/html"}; charset=utf-8`);
      response.end(file ? asset(file) : String(samples[pathname.slice(1)]?.draw() ?? ""));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  type Look = { colorScheme?: "light" | "dark"; width?: number };

  /** The page as a browser shows it, which has nothing against it. */
  async function looking(name: string, { colorScheme = "light", width = 800 }: Look): Promise<void> {
    complaints.length = 0;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${base}/${name}`);
    assert.deepEqual(complaints, []);
  }

  /** Shows what stands behind a press; false when nothing does. */
  async function opened(): Promise<boolean> {
    const hidden = page.locator("summary");
    if ((await hidden.count()) === 0) return false;
    await hidden.click();
    return true;
  }

  async function violations(): Promise<string[]> {
    // Given by the debugger, so that the page's own policy stays as it is.
    await page.evaluate(axe.source);
    const run = `axe.run(document, { rules: { "target-size": { enabled: true } } })`;
    const found = (await page.evaluate(run)) as axe.AxeResults;
    assert.ok(found.passes.some(({ id }) => id === "color-contrast"));
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  for (const name of Object.keys(samples)) {
    for (const colorScheme of ["light", "dark"] as const) {
      it(`leave axe nothing to complain about: ${name}, ${colorScheme}`, async () => {
        await looking(name, { colorScheme });
        assert.deepEqual(await violations(), []);
        if (await opened()) assert.deepEqual(await violations(), []);
      });
    }

    it(`fit a phone, also a small one: ${name}`, async () => {
      for (const width of [360, 320]) {
        await looking(name, { width });
        await opened();
        const beyond = await page.evaluate(
          `[...document.querySelectorAll("main *")].filter((one) => !one.closest(".unseen, [hidden]") && one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 80))`,
        );
        assert.deepEqual(beyond, [], `at ${width}`);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth > innerWidth"), false);
      }
    });

    it(`can be gone through with the keyboard, and show where it is: ${name}`, async () => {
      await looking(name, {});
      const all = `[...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), textarea")].filter((one) => one.checkVisibility())`;
      const count = Number(await page.evaluate(`${all}.length`));
      for (let at = 0; at < count; at++) {
        await page.keyboard.press("Tab");
        const seen = await page.evaluate(
          `(({ outlineStyle, outlineWidth }) => ({ at: ${all}.indexOf(document.activeElement), outlineStyle, outlineWidth }))(getComputedStyle(document.activeElement))`,
        );
        assert.deepEqual(seen, { at, outlineStyle: "solid", outlineWidth: "3px" });
      }
    });
  }
});
