// The harness itself: it must hear every fault that a page can have, or a journey proves nothing.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { axe, fitsItsWidth, openVisit, startBrowser, startServer } from "./harness.mjs";

const program = [process.execPath, fileURLToPath(new URL("testdata/stand-in.mjs", import.meta.url))];
let server, browser;
before(async () => {
  [server, browser] = await Promise.all([startServer({ program }), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function visit(path, options, look) {
  const opened = await openVisit(browser, server.origin, options);
  try {
    await opened.page.goto(path);
    await opened.page.waitForLoadState("networkidle");
    await look(opened);
    return opened.problems;
  } finally {
    await opened.close();
  }
}

test("the sign-in is read and a page without fault has no problems", async () => {
  assert.deepEqual(server.staff["front-desk"], { name: "mara.lind", password: "s3cret-word" });
  const problems = await visit("/", { device: "phone", scheme: "dark" }, async ({ page, snap }) => {
    assert.equal(await page.textContent("#mode"), "Scripted");
    assert.deepEqual(page.viewportSize(), { width: 390, height: 844 });
    assert.ok(await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches));
    await axe(page);
    await snap("stand-in");
  });
  assert.deepEqual(problems, []);
  assert.ok(existsSync(new URL("artifacts/stand-in-phone-dark.png", import.meta.url)));
});

test("without scripts none runs", async () => {
  await visit("/", { scripts: false }, async ({ page }) => {
    assert.equal(await page.textContent("#mode"), "As drawn");
    assert.ok(await page.locator("noscript p").isVisible());
  });
});

const faults = [
  ["/console", "console: heard"],
  ["/throws", "script: thrown"],
  ["/inline", "Content Security Policy"],
  ["/elsewhere", "a request to http://localhost:9"],
  ["/missing-file", "404 for /nowhere.js"],
  ["/broken", "500 for /broken"],
];
for (const [path, told] of faults) {
  test(`${path} is heard`, async () => {
    const problems = await visit(path, {}, async () => {});
    assert.ok(problems.some((problem) => problem.includes(told)), problems.join("\n"));
  });
}

test("a refusal that a page explains is no problem", async () => {
  assert.deepEqual(await visit("/refused", {}, async () => {}), []);
});

test("axe and the width are looked at", async () => {
  await visit("/unnamed-picture", {}, ({ page }) => assert.rejects(axe(page), /image-alt/));
  await visit("/wide", {}, ({ page }) => assert.rejects(fitsItsWidth(page), /2\d\d\d px wide in a window of 1280 px/));
  await visit("/", {}, ({ page }) => fitsItsWidth(page));
});

test("a program that does not get ready is told with its own words", async () => {
  await assert.rejects(startServer({ program, args: ["--mute"] }), /was not ready:\nthe folder is in use/);
  await assert.rejects(startServer({ program: ["/nowhere/stipple"] }), /was not ready/);
});

test("a stopped program is gone, and its folder too", async () => {
  const other = await startServer({ program });
  await other.stop();
  assert.ok(!existsSync(other.data));
  await assert.rejects(fetch(other.origin));
});
