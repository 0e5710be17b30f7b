// A therapist falls ill: the desk sees the day before and after, carries out one change, and the patient is told only when
// asked for. And the wait list: a visit is called off, three are offered its time, and the first to press has it.
import assert from "node:assert/strict";
import { journey } from "../harness.mjs";
import * as steps from "../steps.mjs";

const phone = { device: "phone" };
const desk = { device: "desk" };
const DAY_MS = 24 * 60 * 60 * 1000;
// A freed time waits out the undo window of two minutes before anybody is offered it.
const OFFER_MS_MAX = 180_000;

const day = (ahead) => new Date(Date.now() + ahead * DAY_MS).toISOString().slice(0, 10);

/** Notes one therapist after the other as away on the coming days until a plan has a change. */
async function strand(page) {
  for (let ahead = 3; ahead < 20; ahead += 1) {
    await page.goto(`/desk/day/${day(ahead)}/plan`);
    for (const at of [0, 1, 2]) {
      await page.getByLabel("Who").selectOption({ index: at });
      await steps.leads(page, () => steps.press(page, "Note and plan around it"));
      if (await page.locator("input[name=move]").count()) return day(ahead);
      await steps.leads(page, () => page.getByRole("button", { name: /Comes after all/ }).first().click());
    }
  }
  return assert.fail("no day has visits that somebody else can take over");
}

journey("a therapist is ill, and a part of the plan is accepted", desk, async ({ page, server, snap }) => {
  await steps.signIn(page, server.staff["front-desk"]);
  await page.goto(`/desk/day/${day(3)}/plan`);
  await steps.look(page);
  const date = await strand(page);
  assert.match(await page.locator(".plan-sum").innerText(), /would change/);
  assert.equal(await page.locator(".plan-board").count(), 2);
  await steps.look(page);
  await snap("plan");

  // Nothing is sent by accident: without an answer to "tell the patients?" nothing is done.
  await steps.leads(page, () => steps.press(page, "Carry the ticked changes out"), 422);
  assert.match(await page.getByRole("alert").innerText(), /whether the patient is told/);

  // One part only.
  const boxes = page.locator("input[name=move], input[name=cancel]");
  for (const box of await boxes.all()) await box.uncheck();
  const row = page.locator(".plan-row", { has: page.locator("input[name=move]") }).first();
  await row.getByRole("checkbox").check();
  const patient = await row.locator(".plan-who b").innerText();
  const [times, lead] = (await row.locator(".plan-to b").innerText()).split(", ");
  await page.locator("#tell_patient").getByText("No", { exact: true }).click();
  await steps.leads(page, () => steps.press(page, "Carry the ticked changes out"));
  assert.equal(steps.path(page), `/desk/day/${date}`);
  assert.match(await page.getByRole("status").innerText(), /carried out/);
  const block = page.locator("a.block", { hasText: patient }).first();
  assert.match(await block.innerText(), new RegExp(times));
  await steps.leads(page, () => block.click());
  assert.match(await page.locator(".panel").innerText(), new RegExp(lead));
  assert.match(await page.locator(".panel .history").innerText(), /Sam Okafor moved: day plan/);
});

/** Joins the list for a consultation with one therapist and opens the link of the letter. */
async function join(page, who, therapist) {
  await page.goto("/appointments/new?visit=consultation");
  await steps.leads(page, () => steps.follow(page, "Nothing fits?"));
  await page.getByLabel("With whom?").selectOption({ label: therapist });
  await page.getByRole("checkbox", { name: "Saturday" }).check();
  await page.getByLabel("First and last name").fill(who.name);
  await page.getByLabel("E-mail").fill(who.email);
  await page.waitForTimeout(2_100); // The guard against machines is about time, so time passes.
  await steps.leads(page, () => steps.press(page, "Put me on the list"));
  assert.equal(await steps.heading(page), "Thank you. Look at your mail");
  const letter = await steps.letter(page, who, /wait list/);
  await steps.leads(page, () => letter.locator('a[href*="/wait-list/open/"]').click());
  assert.equal(steps.path(page), "/wait-list", "the secret leaves the address");
}

journey("a time that comes free goes to the first who presses", phone, async ({ page, server, another }) => {
  const [wanda, willa] = [steps.person("wanda"), steps.person("willa")];
  const office = (await another(desk)).page;
  await steps.signIn(office, server.staff["front-desk"]);
  await office.goto("/desk/wait-list");
  await steps.look(office);
  // The demo's own people leave the list, so that these two are the next.
  while (await office.getByRole("link", { name: /Take off/ }).count()) {
    await steps.leads(office, () => office.getByRole("link", { name: /Take off/ }).first().click());
    await steps.leads(office, () => office.getByRole("button", { name: "Take off the list" }).click());
  }

  // A visit to call off.
  await page.goto("/appointments/new?visit=consultation");
  await steps.leads(page, () => page.locator("nav.filters a.filter").nth(2).click());
  const therapist = await page.locator("nav.filters a[aria-current]").innerText();
  const date = await steps.chooseDay(page);
  const span = await steps.holdFirstTime(page);
  const who = steps.person("carla");
  await steps.book(page, who);

  const other = (await another(phone)).page;
  await join(page, wanda, therapist);
  await steps.look(page);
  await join(other, willa, therapist);

  await office.goto(`/desk/day/${date}`);
  await steps.leads(office, () => office.locator("a.block", { hasText: who.name }).first().click());
  await steps.leads(office, () => steps.follow(office, "Cancel"));
  await office.getByText("The patient asked").click();
  await office.locator("#tell_patient").getByText("No", { exact: true }).click();
  await steps.leads(office, () => steps.press(office, "Cancel the visit"));

  // The demo's own diary may free another time meanwhile, and offer that as well.
  const offered = (visitor) => visitor.locator(".wait-offer").filter({ hasText: span });
  const late = Date.now() + OFFER_MS_MAX;
  for (const visitor of [page, other]) {
    while (!(await offered(visitor).getByRole("button", { name: "Take this time" }).count())) {
      assert.ok(Date.now() < late, "the time is offered after the undo window");
      await visitor.waitForTimeout(1_000);
      await visitor.goto("/wait-list");
    }
  }
  await steps.look(page);

  // Both press at once; the claims decide.
  const take = async (visitor) => {
    const answered = visitor.waitForEvent("response", (response) => {
      const isPage = response.request().isNavigationRequest();
      return isPage && (response.status() < 300 || response.status() >= 400);
    });
    const button = offered(visitor).getByRole("button", { name: "Take this time" });
    const [response] = await Promise.all([answered, visitor.waitForEvent("load"), button.click({ noWaitAfter: true })]);
    return response.status();
  };
  const statuses = await Promise.all([take(page), take(other)]);
  assert.deepEqual([...statuses].sort(), [200, 409], "exactly one has the time");
  const [winner, loser] = statuses[0] === 200 ? [page, other] : [other, page];
  assert.equal(await steps.heading(winner), "My visit");
  assert.match(await winner.getByRole("status").first().innerText(), /the time is yours/);
  assert.match(await loser.getByRole("alert").innerText(), /It is gone.*You stay on the list/s);
  await steps.look(loser);
  await office.goto(`/desk/day/${date}`);
  const won = statuses[0] === 200 ? wanda : willa;
  assert.equal(await office.locator("a.block", { hasText: won.name }).count(), 1);
});

journey("the owner asks what one more room would bring", desk, async ({ page, server }) => {
  await steps.signIn(page, server.staff.owner);
  await steps.leads(page, () => steps.follow(page, "What if"));
  assert.match(await page.locator(".what-if-reading").innerText(), /One more room would bring/);
  await steps.look(page);
  await page.getByLabel("Therapists").fill("1");
  await steps.leads(page, () => steps.press(page, "Work it out"));
  assert.match(await page.locator("caption").innerText(), /1 therapist/);
});

journey("gaps are filled from the wait list", desk, async ({ page, server, snap }) => {
  await steps.signIn(page, server.staff["front-desk"]);
  await page.goto(`/desk/day/${day(30)}/fill`);
  await steps.look(page);
  await snap("fill");
});
