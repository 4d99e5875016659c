import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { samples } from "./every-page.ts";

const web = new URL("../../src/web/", import.meta.url);
const asset = (name: string) => readFileSync(new URL(`assets/${name}`, web), "utf8");
const _types: Readonly<Record<string, string>> = { css: "text/css", js: "text/javascript" };

describe("the pages behind a one-time link", () => {
  it("have a sample each, which the tests here look at", async () => {
    const files = readdirSync(web).filter((name) => /pages\.ts$/.test(name));
    assert.ok(files.length >= 3, files.join(" "));
    const modules = await Promise.all(files.map((name) => import(new URL(name, web).href)));
    const names = modules.flatMap((module) => Object.keys(module).filter((name) => /.Page$/.test(name)));
    assert.deepEqual([...new Set(Object.values(samples).map(({ of }) => of))].sort(), names.sort());
  });

  for (const [name, { draw }] of Object.entries(samples)) {
    it(`hold no script, style or handler of their own: ${name}`, () => {
      const markup = String(draw());
      assert.doesNotMatch(markup, /<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<script(?![^>]* src=)/i);
      assert.match(markup, /^<!doctype html>\n<html lang="en">/);
      assert.equal(markup.match(/<h1/g)?.length, 1);
    });
  }

  it("need little of a browser: each script has less than 4 KB, the look less than 8", () => {
    for (const name of ["page.js", "certificate.js"]) assert.ok(asset(name).length < 4096, name);
    assert.ok(asset("page.css").length < 8192);
  });
});
