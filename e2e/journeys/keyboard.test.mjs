// With the keyboard only: from the home page to a booked visit, then another time, then cancelled. Whatever is used is
// reached by Tab, is seen to have the focus, and is pressed with Enter or Space.
import assert from "node:assert/strict";
import { journey } from "../harness.mjs";
import * as steps from "../steps.mjs";

const TABS_MAX = 160;
const karin = steps.person("karin");

/** Fails when what has the focus does not show it or lies outside the window. */
async function showsFocus(page) {
  const seen = await page.evaluate(() => {
    const focused = document.activeElement;
    const shown = focused.matches("input[type=checkbox], input[type=radio]") ? focused.closest("label") : focused;
    const marks = [focused, shown].some((element) => {
      const style = getComputedStyle(element);
      return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    });
    const box = shown.getBoundingClientRect();
    const inWindow = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return { marks, inWindow, what: shown.outerHTML.slice(0, 120) };
  });
  assert.ok(seen.marks, `the focus is not seen on ${seen.what}`);
  assert.ok(seen.inWindow, `the focus is outside the window on ${seen.what}`);
}

/** Tabs until `target` has the focus. */
async function tabTo(page, target) {
  const goal = await target.elementHandle();
  const isThere = () => page.evaluate((goal) => document.activeElement === goal, goal);
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if (await isThere()) return showsFocus(page);
    await page.keyboard.press("Tab");
  }
  return assert.fail(`not reached by Tab: ${await goal.evaluate((element) => element.outerHTML.slice(0, 120))}`);
}

async function enter(page, target, status = 200) {
  await tabTo(page, target);
  await steps.leads(page, () => page.keyboard.press("Enter"), status);
}

async function tick(page, target) {
  await tabTo(page, target);
  await page.keyboard.press("Space");
  assert.ok(await target.isChecked());
}

async function type(page, label, text) {
  await tabTo(page, page.getByLabel(label));
  await page.keyboard.type(text);
}

async function checkByKeys(page) {
  while (steps.path(page) !== "/self-check/answer") {
    if (await page.getByRole("radio").count()) {
      // A group of radio buttons is one stop; the arrow keys go on inside it.
      await tabTo(page, page.getByRole("radio").first());
      await page.keyboard.press("Space");
      await page.keyboard.press("ArrowDown");
      assert.ok(await page.getByRole("radio").nth(1).isChecked());
      for (const [label, text] of [["Day", "27"], ["Month", "3"], ["Year", "1990"]]) await type(page, label, text);
      await page.waitForTimeout(2_100);
    } else if (await page.locator("[data-none]").count()) {
      for (const none of await page.locator("[data-none]").all()) await tick(page, none);
    } else {
      await tick(page, page.getByRole("checkbox").first());
    }
    await enter(page, page.getByRole("button", { name: /Next|See my answer/ }));
  }
}

async function dayByKeys(page) {
  const first = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  for (let months = 0; months < 5; months += 1) {
    for (const day of await page.locator("a.day").all()) {
      const date = new URL(await day.getAttribute("href"), page.url()).searchParams.get("day");
      if (date < first) continue;
      await enter(page, day);
      return date;
    }
    await enter(page, page.getByRole("link", { name: "Month after" }));
  }
  return assert.fail("no day has a free time");
}

journey("by keyboard: book, move and cancel", { device: "desk" }, async ({ page, server, another }) => {
  await page.goto("/");
  // The first stop leads past the menu.
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the content" });
  assert.ok(await skip.evaluate((link) => link === document.activeElement));
  await showsFocus(page);
  await page.keyboard.press("Enter");
  await enter(page, page.locator('main a[href="/self-check"]').first());
  await checkByKeys(page);
  await enter(page, page.getByRole("link", { name: "See free times" }));
  const date = await dayByKeys(page);
  const time = page.locator("button.time").first();
  const span = await time.locator(".time-span").innerText();
  await enter(page, time);

  // A mistyped form: the summary's links lead into the fields.
  await type(page, "First and last name", karin.name);
  await type(page, "E-mail", "karin@");
  await type(page, "Telephone", karin.phone);
  await tick(page, page.getByRole("checkbox", { name: "I have read this and agree" }));
  await page.waitForTimeout(2_100); // The guard against machines is about time, so time passes.
  await enter(page, page.getByRole("button", { name: "Book this time" }), 422);
  await tabTo(page, page.locator(".error-summary a").first());
  await page.keyboard.press("Enter");
  assert.ok(await page.getByLabel("E-mail").evaluate((field) => field === document.activeElement));
  await page.keyboard.press("Control+A");
  await page.keyboard.type(karin.email);
  await page.waitForTimeout(2_100);
  await enter(page, page.getByRole("button", { name: "Book this time" }));
  assert.match(steps.path(page), /\/booked$/);

  const found = await steps.letter(page, karin);
  await enter(page, found.locator('a[href*="/visit/open/"]').first());
  assert.equal(steps.path(page), "/visit");
  assert.ok(!page.url().includes("open"), "the secret is out of the address");
  await enter(page, page.getByRole("button", { name: "Yes, confirm my visit" }));

  // Looking at other times and going back changes nothing.
  await enter(page, page.getByRole("link", { name: "Move", exact: true }));
  await steps.look(page);
  await page.goBack();
  assert.match(await page.locator("main").innerText(), new RegExp(span));
  await enter(page, page.getByRole("link", { name: "Move", exact: true }));
  await dayByKeys(page);
  await enter(page, page.locator("button.time").last());
  assert.equal(await steps.heading(page), "Move your visit?");
  await steps.look(page);
  const to = await page.locator(".from-to-new").innerText();
  await enter(page, page.getByRole("button", { name: "Yes, move it" }));
  await page.getByRole("status").filter({ hasText: /moved/ }).waitFor();
  const moved = /\d\d:\d\d\D\d\d:\d\d/.exec(to)[0];
  assert.match(await page.locator("main").innerText(), new RegExp(moved));
  const again = await steps.letter(page, karin, /mov|new time|chang/i);
  assert.match(await again.innerText(), new RegExp(moved.slice(0, 5)));
  await page.goto("/visit");

  await enter(page, page.getByRole("link", { name: "Cancel", exact: true }));
  assert.equal(await steps.heading(page), "Cancel your visit?");
  await steps.look(page);
  await enter(page, page.getByRole("link", { name: "Keep it" }));
  assert.equal(await page.getByText("This visit is cancelled.").count(), 0);
  await enter(page, page.getByRole("link", { name: "Cancel", exact: true }));
  await enter(page, page.getByRole("button", { name: "Yes, cancel it" }));
  await page.getByText("This visit is cancelled.").waitFor();
  assert.equal(await page.getByRole("link", { name: "Move", exact: true }).count(), 0);
  await steps.look(page);
  await steps.letter(page, karin, /cancel/i);

  // The front desk, by keyboard too: the visit stands in the day as cancelled or not at all.
  const desk = (await another({ device: "desk" })).page;
  await desk.goto("/sign-in");
  await type(desk, "Name", server.staff["front-desk"].name);
  await type(desk, "Password", server.staff["front-desk"].password);
  await steps.leads(desk, () => desk.keyboard.press("Enter"));
  await desk.goto(`/desk/day/${date}`);
  for (const block of await desk.locator("a.block", { hasText: karin.name }).all()) {
    assert.match(await block.innerText(), /cancelled/i);
  }
  // Arrow keys step through the days, n opens a new booking.
  const before = await steps.heading(desk);
  await steps.leads(desk, () => desk.keyboard.press("ArrowRight"));
  assert.notEqual(await steps.heading(desk), before);
  await steps.leads(desk, () => desk.keyboard.press("n"));
  assert.equal(steps.path(desk), "/desk/appointments/new");
  await steps.look(desk);
  // The first field is ready. Escape leaves a field, then the page, but never what was typed.
  const ready = await desk.evaluate(() => document.activeElement.id);
  assert.equal(ready, "visit_type");
  await type(desk, "First and last name", karin.name);
  await desk.keyboard.press("Escape");
  await desk.keyboard.press("Escape");
  assert.equal(await desk.getByLabel("First and last name").inputValue(), karin.name);
  assert.equal(steps.path(desk), "/desk/appointments/new");
  await desk.getByLabel("First and last name").fill("");
  await desk.keyboard.press("Escape");
  await steps.leads(desk, () => desk.keyboard.press("Escape"));
  assert.match(steps.path(desk), /^\/desk\/day\//);
});
