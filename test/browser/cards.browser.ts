import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { expandTemplate, type TemplateName } from "../../src/teams/expand.ts";
import { inBrowser, openChromium } from "./chromium.ts";

const folder = new URL("../../cards/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".sample.json"))
  .map((name) => name.slice(0, -".sample.json".length) as TemplateName);
const renderer = readFileSync(
  createRequire(import.meta.url).resolve("adaptivecards/dist/adaptivecards.min.js"),
  "utf8",
);

/** Colours as Teams gives them to cards (microsoft/AdaptiveCards, samples/HostConfig). */
const themes = {
  light: {
    text: "#ff252424",
    subtle: "#bf252424",
    accent: "#ff6264a7",
    signals: { attention: "#ffc4314b", good: "#ff92c353", warning: "#fff8d22a" },
    background: "#ffffffff",
    emphasis: "#fff9f8f7",
  },
  dark: {
    text: "#ffffffff",
    subtle: "#bfffffff",
    accent: "#ffa6a7dc",
    signals: { attention: "#ffd74654", good: "#ff92c353", warning: "#fff8d22a" },
    background: "#ff2d2c2c",
    emphasis: "#ff292828",
  },
} as const;

type Theme = (typeof themes)[keyof typeof themes];

function hostConfig({ text, subtle, accent, signals, background, emphasis }: Theme) {
  const both = (colour: string) => ({ default: colour, subtle: colour });
  const { attention, good, warning } = signals;
  const foregroundColors = {
    default: { default: text, subtle },
    accent: both(accent),
    attention: both(attention),
    good: both(good),
    warning: both(warning),
  };
  const style = (backgroundColor: string) => ({ backgroundColor, foregroundColors });
  return {
    supportsInteractivity: true,
    textBlock: { headingLevel: 2 },
    containerStyles: {
      default: style(background),
      emphasis: style(emphasis),
      accent: style(background),
      attention: style(background),
      good: style(background),
      warning: style(background),
    },
    actions: { maxActions: 6, actionsOrientation: "Horizontal", showCard: { actionMode: "Inline" } },
  };
}

/** A signal's colour is the client's choice, and nothing is said by it alone: how it stands out is not judged. */
const isSignal = (theme: Theme, { any }: axe.NodeResult) =>
  any.some(
    ({ id, data }) =>
      id === "color-contrast" &&
      Object.values(theme.signals).includes(`#ff${data.fgColor.slice(1)}` as never),
  );

/** What of it is to be reached by Tab, in order; choices of which one counts are one stop. */
const reachable = `[...document.querySelectorAll("button, a[href], input, textarea, select, [tabindex='0']")]
  .filter((one) => one.checkVisibility() && one.tabIndex >= 0 && !one.disabled)
  .filter((one, at, all) => one.type !== "radio" || all.findIndex((each) => each.type === "radio" && each.name === one.name) === at)`;

inBrowser("the cards, as the renderer of adaptive cards draws them", (chromium) => {
  let browser: Browser;
  let page: Page;
  before(async () => {
    browser = await openChromium(chromium);
    page = await browser.newPage();
  });
  after(() => browser?.close());

  async function draw(name: TemplateName, theme: keyof typeof themes): Promise<void> {
    const sample = JSON.parse(readFileSync(new URL(`${name}.sample.json`, folder), "utf8"));
    const drawn = expandTemplate(name, sample);
    // A part of a card is looked at inside one.
    const card =
      drawn.type === "AdaptiveCard" ? drawn : { type: "AdaptiveCard", version: "1.5", body: [drawn] };
    const { background } = themes[theme];
    await page.setContent(
      `<!doctype html><html lang="en"><head><title>${name}</title></head><body style="background: #${background.slice(3)}"><main></main></body></html>`,
    );
    await page.evaluate(renderer);
    await page.evaluate(
      `(() => {
        const card = new AdaptiveCards.AdaptiveCard();
        card.hostConfig = new AdaptiveCards.HostConfig(${JSON.stringify(hostConfig(themes[theme]))});
        card.parse(${JSON.stringify(card)});
        document.querySelector("main").append(card.render());
      })()`,
    );
  }

  it("have a sample each", () => {
    assert.ok(names.length > 10);
  });

  for (const name of names) {
    for (const theme of ["light", "dark"] as const) {
      it(`leave axe nothing to complain about: ${name}, ${theme}`, async () => {
        await draw(name, theme);
        await page.evaluate(axe.source);
        const found = (await page.evaluate(
          // How a page is laid out around them, and headings of it, are the client's.
          `axe.run("main", { rules: { region: { enabled: false }, "heading-order": { enabled: false }, "page-has-heading-one": { enabled: false } } })`,
        )) as axe.AxeResults;
        assert.ok(found.passes.some(({ id }) => id === "color-contrast"));
        const complaints = found.violations.flatMap(({ id, nodes }) =>
          nodes
            .filter((node) => !isSignal(themes[theme], node))
            .map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
        );
        assert.deepEqual(complaints, []);
      });
    }

    it(`can be gone through with the keyboard alone: ${name}`, async () => {
      await draw(name, "light");
      const count = Number(await page.evaluate(`${reachable}.length`));
      for (let at = 0; at < count; at++) {
        await page.keyboard.press("Tab");
        const [reached, html] = (await page.evaluate(
          `[${reachable}.indexOf(document.activeElement), document.activeElement.outerHTML.slice(0, 200)]`,
        )) as [number, string];
        assert.equal(reached, at, html);
      }
    });
  }
});
