// The steps that several journeys take, as a person takes them: by what is written on the page. Says what a step must
// lead to, so that a journey stops where it goes wrong. Starts nothing; the harness does that.
import assert from "node:assert/strict";
import { axe, fitsItsWidth } from "./harness.mjs";

const WIDTHS = [390, 1280];
const SCHEMES = ["light", "dark"];
const SCREENS_MAX = 10;
const LETTER_MS_MAX = 15_000;
const DAY_MS = 24 * 60 * 60 * 1000;
// Days ahead that are past every cut-off, so that a visit can still be moved and cancelled by link.
const DAYS_AHEAD = 7;

/** An invented person; the address differs by `who`, so that their letter can be told from others. */
export const person = (who) => ({
  name: `${who[0].toUpperCase()}${who.slice(1)} Invented`,
  email: `${who}@example.org`,
  phone: "020 7946 0321",
});

/** The page at both widths, in light and dark, against axe and without sideways scrolling. Leaves it as it was. */
export async function look(page) {
  const before = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: before.height });
    await fitsItsWidth(page);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await axe(page);
    }
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null });
}

/** Does `step`, which must load another page, and returns the answer to it. */
export async function leads(page, step, status = 200) {
  const answered = page.waitForEvent("response", (response) => {
    const request = response.request();
    return request.isNavigationRequest() && (response.status() < 300 || response.status() >= 400);
  });
  const [response] = await Promise.all([answered, page.waitForEvent("load"), step()]);
  assert.equal(response.status(), status, `${response.request().method()} ${new URL(response.url()).pathname}`);
  return response;
}

export const path = (page) => new URL(page.url()).pathname;
export const heading = (page) => page.getByRole("heading", { level: 1 }).innerText();
export const press = (page, name) => page.getByRole("button", { name }).click();
export const follow = (page, name) => page.getByRole("link", { name }).first().click();

/**
 * Takes the self-check from its first screen to the answer. `ticks` are statements that are true, each with what is
 * chosen under "when" or `true`; `unsure` names the title of a list that is answered with "not sure". Every other
 * list is answered with "none of these". `each` sees every screen before it is answered.
 */
export async function selfCheck(page, options = {}) {
  const { zones = ["Cheek"], born = ["27", "3", "1990"], ticks = {}, unsure = null, each = async () => {} } = options;
  await page.goto("/self-check");
  const left = new Set(Object.keys(ticks));
  let screen = 1;
  for (; path(page) !== "/self-check/answer"; screen += 1) {
    assert.equal(path(page), `/self-check/${screen}`);
    assert.ok(screen <= SCREENS_MAX, `screen ${screen}`);
    await each(page);
    // The guard against machines is about time, so time passes before the first answers.
    if (screen === 1) await page.waitForTimeout(2_100);
    for (const list of await page.getByRole("group").all()) {
      if (await list.locator("[data-none]").count()) await tickIn(page, list, ticks, left, unsure);
    }
    if (await page.getByLabel("Year", { exact: true }).count()) {
      await page.getByRole("radio", { name: "Acne scars" }).check();
      for (const [at, label] of ["Day", "Month", "Year"].entries()) await page.getByLabel(label).fill(born[at]);
    } else if (await page.locator("input[name=zones]").count()) {
      for (const zone of zones) await page.getByRole("checkbox", { name: zone, exact: true }).check();
    }
    await leads(page, () => page.getByRole("button", { name: /Next|See my answer/ }).click());
  }
  assert.deepEqual([...left], [], "statements that no screen asked about");
}

/** Answers one list: what is true of `ticks`, "not sure" if its title is `unsure`, else "none of these". */
async function tickIn(page, list, ticks, left, unsure) {
  let answered = false;
  for (const statement of [...left]) {
    const box = list.getByRole("checkbox", { name: statement });
    if (!(await box.count())) continue;
    await box.check();
    const item = list.locator(".tick-item", { has: page.getByRole("checkbox", { name: statement }) });
    const when = item.getByRole("combobox");
    if (ticks[statement] !== true) await when.selectOption({ label: ticks[statement] });
    left.delete(statement);
    answered = true;
  }
  if ((await list.getByRole("heading").innerText()) === unsure) {
    await list.getByRole("checkbox", { name: "I am not sure" }).check();
    answered = true;
  }
  if (!answered) await list.locator("[data-none]").check();
}

/** On the page of times: goes from month to month to the first day with a free time that lies `ahead` days ahead. */
export async function chooseDay(page, ahead = DAYS_AHEAD) {
  const first = new Date(Date.now() + ahead * DAY_MS).toISOString().slice(0, 10);
  for (let months = 0; months < 5; months += 1) {
    for (const day of await page.locator("a.day").all()) {
      const date = new URL(await day.getAttribute("href"), page.url()).searchParams.get("day");
      if (date < first) continue;
      await leads(page, () => day.click());
      return date;
    }
    await leads(page, () => follow(page, "Month after"));
  }
  return assert.fail("no day has a free time");
}

/** Takes the first time of the chosen day; it is held, and the details are asked for. Returns its "10:00–12:05". */
export async function holdFirstTime(page) {
  const time = page.locator("button.time").first();
  const span = await time.locator(".time-span").innerText();
  await leads(page, () => time.click());
  // Without the number where something typed came along: no address may hold that, so none leads there.
  assert.match(path(page), /^\/holds(\/\w+)?$/);
  assert.equal(await heading(page), "Your details");
  return span;
}

/** Fills in the details and books. */
export async function book(page, who) {
  await page.getByLabel("First and last name").fill(who.name);
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Telephone").fill(who.phone);
  await page.getByRole("checkbox", { name: "I have read this and agree" }).check();
  // A form that comes back within two seconds was not filled in by a person; the guard is about time, so time passes.
  await page.waitForTimeout(2_100);
  await leads(page, () => press(page, "Book this time"));
  assert.match(path(page), /^\/appointments\/\w+\/booked$/);
}

/** Opens the demo's mail until a letter to `who` is there whose subject matches; returns that letter. */
export async function letter(page, who, subject = /./) {
  const late = Date.now() + LETTER_MS_MAX;
  for (;;) {
    await page.goto("/demo/mail");
    const found = page
      .locator("article.letter", { hasText: who.email })
      .filter({ has: page.getByRole("heading", { name: subject }) });
    if (await found.count()) return found.first();
    assert.ok(Date.now() < late, `no letter to ${who.email} in time`);
    // The worker writes letters a moment after the booking, never within it.
    await page.waitForTimeout(200);
  }
}

/** Follows the secret link of a letter to "My visit". */
export async function openVisitOf(page, found) {
  await leads(page, () => found.locator('a[href*="/visit/open/"]').first().click());
  assert.equal(path(page), "/visit");
  assert.equal(await heading(page), "My visit");
}

/** Signs a member of staff in; ends on the day view. */
export async function signIn(page, { name, password }) {
  await page.goto("/sign-in");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await leads(page, () => press(page, "Sign in"));
  assert.match(path(page), /^\/desk/);
}
