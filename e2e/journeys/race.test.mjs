// Two people want one time with the same therapist. One gets it; the other is told, keeps what they typed where there
// was something, and is offered other times. At the end the day has each of them once.
import assert from "node:assert/strict";
import { journey } from "../harness.mjs";
import * as steps from "../steps.mjs";

const phone = { device: "phone" };
const TAKEN = 409;

/** Goes to the times of one therapist on a day that has several. */
async function timesOfOneTherapist(page, filter) {
  await page.goto("/appointments/new?visit=consultation");
  await steps.leads(page, () => page.locator("nav.filters a.filter").nth(filter).click());
  await steps.chooseDay(page);
  assert.ok((await page.locator("button.time").count()) > 2);
  return page.url();
}

/** Presses `value` of the times without waiting for what follows; resolves to the status of the page that does. */
async function take(page, value) {
  const answered = page.waitForEvent("response", (response) => {
    const isPage = response.request().isNavigationRequest();
    return isPage && (response.status() < 300 || response.status() >= 400);
  });
  const time = page.locator(`button.time[value="${value}"]`);
  const [response] = await Promise.all([answered, page.waitForEvent("load"), time.click({ noWaitAfter: true })]);
  return response.status();
}

journey("two browsers race for one time", phone, async ({ page, server, another }) => {
  const other = (await another({ device: "desk" })).page;
  const address = await timesOfOneTherapist(page, 1);
  await other.goto(address);
  const value = await page.locator("button.time").nth(1).getAttribute("value");
  const span = await page.locator(`button.time[value="${value}"] .time-span`).innerText();

  const statuses = await Promise.all([take(page, value), take(other, value)]);
  assert.deepEqual([...statuses].sort(), [200, TAKEN], "exactly one holds the time");
  const [winner, loser] = statuses[0] === 200 ? [page, other] : [other, page];
  assert.equal(await steps.heading(winner), "Your details");
  assert.match(await winner.locator(".confirm-side").innerText(), new RegExp(span.split("–")[0]));

  // The other is told, on the page of times, and the time is not among those on offer.
  const told = await loser.getByRole("alert").innerText();
  assert.ok(told.length > 20, told);
  assert.ok((await loser.locator("button.time").count()) > 1, "other times are offered");
  assert.equal(await loser.locator(`button.time[value="${value}"]`).count(), 0);
  await steps.look(loser);
  const theirs = await steps.holdFirstTime(loser);
  assert.notEqual(theirs, span);

  // Whoever lost the race for the hold cannot take the time with a form of their own making either.
  const [willa, lorenz] = [steps.person("willa"), steps.person("lorenz")];
  const [own, lead] = await loser.evaluate((value) => {
    const fields = document.querySelector("#details").elements;
    const before = [fields.time.value, fields.hold.value];
    fields.time.value = value;
    fields.hold.value = "";
    return before;
  }, value);
  assert.notEqual(own, value);
  assert.ok(lead);
  await loser.getByLabel("First and last name").fill(lorenz.name);
  await loser.getByLabel("E-mail").fill(lorenz.email);
  await loser.getByLabel("Telephone").fill(lorenz.phone);
  await loser.getByRole("checkbox", { name: "I have read this and agree" }).check();
  await loser.waitForTimeout(2_100); // The guard against machines is about time, so time passes.
  await steps.leads(loser, () => steps.press(loser, "Book this time"), TAKEN);
  assert.ok((await loser.locator("button.time").count()) > 0, "other times are offered again");

  await steps.book(winner, willa);
  const next = await steps.holdFirstTime(loser);
  assert.notEqual(next, span);
  assert.equal(await loser.getByLabel("E-mail").inputValue(), lorenz.email, "what was typed came along");
  await steps.book(loser, lorenz);

  const desk = (await another({ device: "desk" })).page;
  await steps.signIn(desk, server.staff["front-desk"]);
  const date = new URL(address).searchParams.get("day");
  await desk.goto(`/desk/day/${date}`);
  for (const [who, when] of [[willa, span], [lorenz, next]]) {
    const blocks = desk.locator("a.block", { hasText: who.name });
    assert.equal(await blocks.count(), 1, `${who.name} stands in the day once`);
    assert.match(await blocks.innerText(), new RegExp(when));
  }
});

journey("one form sent twice books once", phone, async ({ page, server, another }) => {
  const who = steps.person("dora");
  const address = await timesOfOneTherapist(page, 2);
  await steps.holdFirstTime(page);
  await page.getByLabel("First and last name").fill(who.name);
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Telephone").fill(who.phone);
  await page.getByRole("checkbox", { name: "I have read this and agree" }).check();
  await page.waitForTimeout(2_100); // The guard against machines is about time, so time passes.
  const paths = await page.evaluate(async () => {
    const form = document.querySelector("#details");
    const send = () => fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const answers = await Promise.all([send(), send(), send()]);
    return answers.map((answer) => `${answer.status} ${new URL(answer.url).pathname}`);
  });
  assert.equal(new Set(paths).size, 1, paths.join(", "));
  assert.match(paths[0], /^200 \/appointments\/\w+\/booked$/);
  const desk = (await another({ device: "desk" })).page;
  await steps.signIn(desk, server.staff["front-desk"]);
  await desk.goto(`/desk/day/${new URL(address).searchParams.get("day")}`);
  assert.equal(await desk.locator("a.block", { hasText: who.name }).count(), 1, "one booking in the day");
  await steps.letter(page, who);
  const letters = page.locator("article.letter", { hasText: who.email });
  assert.equal(await letters.count(), 1, "one booking, one letter");
});
