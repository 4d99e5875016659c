import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { aCertificate } from "../support/certificates.ts";
import { ada, bob } from "../web/desk.ts";
import { type Edge, startEdge } from "../web/edge.ts";
import { inBrowser, openChromium } from "./chromium.ts";

inBrowser("a link in a browser", (chromium) => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let edge: Edge;
  const complaints: string[] = [];

  before(async () => {
    browser = await openChromium(chromium);
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

  const focused = () =>
    page.evaluate("document.activeElement?.ariaLabel ?? document.activeElement?.textContent?.trim() ?? ''");
  /** Goes on with Tab until this has the focus, as somebody without a mouse does. */
  async function tabTo(name: string | RegExp): Promise<void> {
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press("Tab");
      const at = String(await focused());
      if (typeof name === "string" ? at === name : name.test(at)) return;
    }
    throw new Error(`Tab does not lead to ${name}`);
  }

  it("refuses the wrong person, then gives the right one the secret once, without a mouse", async () => {
    edge.signInService.person = { oid: bob.userId, tid: bob.tenantId };
    await page.goto(edge.link);
    await tabTo("Sign in");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "This link is for somebody else" }).waitFor();
    assert.equal(await page.getByText("Netwrix").count(), 0);

    edge.signInService.person = { oid: ada.userId, tid: ada.tenantId };
    await tabTo("Sign in as another person");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Reveal the secret" }).waitFor();
    assert.equal(await page.locator("[data-secret]").count(), 0);
    await tabTo("Reveal the secret");
    await page.keyboard.press("Enter");

    const secret = page.getByLabel("Client secret", { exact: true }).and(page.locator("input"));
    await page.locator("summary").waitFor();
    assert.equal(await secret.isVisible(), false);
    // The press led straight to it.
    await page.keyboard.press("Tab");
    assert.match(String(await focused()), /Show.*the secret$/s);
    await page.keyboard.press("Enter");
    assert.equal(await secret.isVisible(), true);
    assert.equal(await secret.inputValue(), edge.secret);
    await page.keyboard.press("Enter");
    assert.equal(await secret.isVisible(), false);
    await tabTo("Copy Client secret");
    await page.keyboard.press("Enter");
    await page.getByText("Client secret: copied").waitFor();
    assert.equal(await page.evaluate("navigator.clipboard.readText()"), edge.secret);

    // Chromium reports every answer of 400 and more as a complaint of its own.
    assert.deepEqual(
      complaints.filter((text) => !text.includes("status of 403")),
      [],
    );
  });

  it("copies each value with its own button", async () => {
    await page.goto(`${edge.link}?sign-in`);
    for (const [label, value] of [
      ["Application ID", "12345678-0000-4000-8000-000000000001"],
      ["Tenant ID", ada.tenantId],
    ] as const) {
      assert.equal(await page.getByLabel(label, { exact: true }).inputValue(), value);
      await page.getByRole("button", { name: `Copy ${label}` }).click();
      await page.getByText(`${label}: copied`).waitFor();
      assert.equal(await page.evaluate("navigator.clipboard.readText()"), value);
    }
  });

  it("shows the secret so that it can be copied by hand where the clipboard is refused", async () => {
    await page.addInitScript("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))");
    await page.goto(`${edge.link}?sign-in`);
    await page.getByRole("button", { name: "Reveal the secret" }).click();
    await page.getByRole("button", { name: "Copy Client secret" }).click();
    await page.getByText("Client secret: selected").waitFor();
    assert.equal(await page.evaluate("getSelection().toString()"), edge.secret);
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

  it("shows nothing after Reload, whether the browser sends the press again or not", async () => {
    await page.goto(`${edge.link}?sign-in`);
    await page.getByRole("button", { name: "Reveal the secret" }).click();
    await page.locator("summary").waitFor();
    assert.match(page.url(), /\/reveal#/);
    await page.reload();
    await page.getByRole("heading", { name: "This link opens nothing any more" }).waitFor();
    assert.ok(!(await page.content()).includes(edge.secret));
    assert.equal(edge.desk.revealed, 1);
    // Typed anew, the address leads to what the link says now.
    await page.goto(page.url().replace(/#.*/, ""));
    await page.getByRole("heading", { name: "This link opens nothing any more" }).waitFor();
  });

  it("keeps nothing of the secret in a page that is left", async () => {
    await page.goto(`${edge.link}?sign-in`);
    await page.getByRole("button", { name: "Reveal the secret" }).click();
    await page.locator("summary").waitFor();
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))");
    assert.ok(!(await page.content()).includes(edge.secret));
    assert.equal(await page.locator("[data-secret]").inputValue(), "");
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

  describe("to a page that takes a certificate", () => {
    const given: string[] = [];
    beforeEach(() => {
      given.length = 0;
      const view = { system: "Veeam", label: "Certificate of the server" };
      edge.desk.look = async () => ({ kind: "upload", view });
      edge.desk.upload = async (_token, _viewer, text) => {
        given.push(text);
        const uploaded = { ...view, thumbprint: "A1", expiresAt: new Date(), isShown: true };
        return { kind: "uploaded", view: uploaded };
      };
    });
    const use = () => page.getByRole("button", { name: "Use this certificate" });
    const text = () => page.getByLabel("Certificate of the server");
    const choose = (name: string, buffer: Buffer) =>
      page.getByLabel("A file").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
    const derOf = (pem: string) => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
    const flat = (pem: string) => pem.replaceAll(/\s/g, "");

    it("reads a file, binary or text, into the form", async () => {
      const { pem } = await aCertificate();
      for (const content of [derOf(pem), Buffer.from(pem)]) {
        await page.goto(`${edge.link}?sign-in`);
        await choose("backup.cer", content);
        await page.getByText("Read from backup.cer").waitFor();
        assert.equal(flat(await text().inputValue()), flat(pem));
        await use().click();
        await page.getByRole("heading", { name: "Your form has the certificate" }).waitFor();
        assert.equal(flat(given.at(-1) ?? ""), flat(pem));
      }
      assert.deepEqual(complaints, []);
    });

    it("lets no private key leave the browser, from a file or pasted", async () => {
      const { pem, privateKey } = await aCertificate();
      await page.goto(`${edge.link}?sign-in`);
      for (const [content, said] of [
        [Buffer.from(privateKey), /holds a private key/],
        [Buffer.from(`${pem}\n${privateKey}`), /holds a private key/],
        [derOf(privateKey), /may be a key/],
        [Buffer.alloc(100_000), /larger than any certificate/],
      ] as const) {
        await choose("key.cer", content);
        await page.locator("#said").getByText(said).waitFor();
        assert.equal(await text().inputValue(), "");
      }
      await text().fill(privateKey);
      await use().click();
      await page
        .locator("#said")
        .getByText(/holds a private key/)
        .waitFor();
      assert.equal(await text().inputValue(), "");
      assert.deepEqual(given, []);
      // What was stopped does not count as sent.
      await text().fill(pem);
      await use().click();
      await page.getByRole("heading", { name: "Your form has the certificate" }).waitFor();
      assert.equal(given.length, 1);
    });

    it("says what is to be mended, and keeps nothing of what was sent", async () => {
      const sentence = "Entra takes certificates with an RSA key of at least 2048 bits.";
      edge.desk.upload = async () => ({ kind: "mend", view: { system: "Veeam", label: "It" }, sentence });
      await page.goto(`${edge.link}?sign-in`);
      await text().fill("-----BEGIN CERTIFICATE-----");
      await use().click();
      await page.getByRole("alert").getByText(sentence).waitFor();
      assert.equal(await page.getByLabel("It", { exact: true }).inputValue(), "");
    });

    it("takes pasted text without any script", async () => {
      const scriptless = await browser.newContext({ javaScriptEnabled: false });
      const plain = await scriptless.newPage();
      await plain.goto(`${edge.link}?sign-in`);
      assert.equal(await plain.getByLabel("A file").isVisible(), false);
      const { pem } = await aCertificate();
      await plain.getByLabel("Certificate of the server").fill(pem);
      await plain.getByRole("button", { name: "Use this certificate" }).click();
      await plain.getByRole("heading", { name: "Your form has the certificate" }).waitFor();
      assert.equal(flat(given[0] ?? ""), flat(pem));
      await scriptless.close();
    });
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
