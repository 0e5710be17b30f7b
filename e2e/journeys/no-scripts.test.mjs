// The main path with scripts off: every page is whole as the server sends it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { journey } from "../harness.mjs";
import * as steps from "../steps.mjs";

const without = { device: "phone", scripts: false };
const sofia = steps.person("sofia");

journey("scripts off: read, check, book, confirm, move and cancel", without, async ({ page, server, another }) => {
  await page.goto("/");
  await steps.leads(page, () => page.locator('main a[href="/treatments/micro-needling"]').first().click());
  assert.equal(await steps.heading(page), "Micro-needling");
  // The menu opens without a script, too.
  await steps.press(page, "Menu");
  await steps.leads(page, () => page.locator("#site-menu").getByRole("link", { name: "Is it for me?" }).click());

  await steps.selfCheck(page);
  assert.equal(await steps.heading(page), "Nothing you answered speaks against booking");
  await steps.leads(page, () => steps.follow(page, "See free times"));
  const date = await steps.chooseDay(page);
  const span = await steps.holdFirstTime(page);
  await steps.book(page, sofia);
  await steps.openVisitOf(page, await steps.letter(page, sofia));
  await steps.leads(page, () => steps.press(page, "Yes, confirm my visit"));
  assert.match(await page.locator("main").innerText(), new RegExp(span));
  await page.getByRole("heading", { name: "Your plan" }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), steps.follow(page, "Calendar file")]);
  assert.match(await readFile(await download.path(), "utf8"), /^BEGIN:VCALENDAR/);

  const desk = (await another({ device: "desk" })).page;
  await steps.signIn(desk, server.staff["front-desk"]);
  await steps.leads(desk, () => desk.goto(`/desk/day/${date}`));
  await steps.leads(desk, () => desk.locator("a.block", { hasText: sofia.name }).click());
  assert.match(await desk.locator(".panel").innerText(), new RegExp(sofia.email));
});

journey("scripts off: two answers that contradict each other come back with a question", without, async ({ page }) => {
  let seen = false;
  await steps.selfCheck(page, {
    each: async () => {
      if (seen || !(await page.getByRole("checkbox", { name: "I am pregnant" }).count())) return;
      seen = true;
      await page.getByRole("checkbox", { name: "I am pregnant" }).check();
      await page.locator("#list-now [data-none]").check();
      await page.locator("#list-sun [data-none]").check();
      await steps.leads(page, () => steps.press(page, "Next"), 422);
      await page.locator(".error-summary", { hasText: "Which is right?" }).waitFor();
      assert.ok(await page.getByRole("checkbox", { name: "I am pregnant" }).isChecked(), "nothing ticked is lost");
      await page.getByRole("checkbox", { name: "I am pregnant" }).uncheck();
    },
  });
  assert.ok(seen);
  assert.equal(await steps.heading(page), "Nothing you answered speaks against booking");
});
