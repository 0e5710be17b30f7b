// The main path: somebody with a phone reads, takes the self-check, books, confirms by the letter and has the visit in
// their calendar; the front desk sees it in the day, and the owner who did what. Every page on the way is looked at in
// light and dark, at a phone's and at a desk's width.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { journey } from "../harness.mjs";
import * as steps from "../steps.mjs";

const wanda = steps.person("wanda");

journey("a phone user books, and the clinic sees it", { device: "phone" }, async ({ page, snap, server, another }) => {
  await page.goto("/");
  await steps.look(page);
  await snap("home");
  await steps.leads(page, () => page.locator('main a[href="/treatments/micro-needling"]').first().click());
  await steps.look(page);
  await snap("treatment");

  await steps.selfCheck(page, { each: steps.look });
  assert.equal(await steps.heading(page), "Nothing you answered speaks against booking");
  await steps.look(page);
  await snap("answer");

  await steps.leads(page, () => steps.follow(page, "See free times"));
  await steps.look(page);
  const date = await steps.chooseDay(page);
  assert.match(await page.locator("button.time").first().innerText(), /of which \d+ min rest with cream/);
  await steps.look(page);
  await snap("times");
  const span = await steps.holdFirstTime(page);
  assert.match(await page.locator(".confirm-side").innerText(), new RegExp(span.split("–")[0]));
  await page.getByText(/We hold this time for you until \d\d:\d\d/).waitFor();
  await steps.look(page);
  await snap("details");
  await steps.book(page, wanda);
  assert.equal(await steps.heading(page), "One click left");
  assert.match(await page.locator("main").innerText(), /w•••@example\.org/);
  for (const link of await page.locator("main a").all()) {
    assert.notEqual(await link.getAttribute("href"), "", "a link of the booked page leads nowhere");
  }
  await steps.look(page);
  await snap("booked");

  const found = await steps.letter(page, wanda);
  await steps.look(page);
  await steps.openVisitOf(page, found);
  await page.getByText("Please confirm that this is your address.").waitFor();
  await steps.look(page);
  await steps.leads(page, () => steps.press(page, "Yes, confirm my visit"));
  assert.equal(await page.getByText("Please confirm that this is your address.").count(), 0);
  await page.getByRole("heading", { name: "Your plan" }).waitFor();
  assert.ok((await page.locator(".plan-step").count()) > 2, "the plan has steps");
  const plan = await page.locator(".my-visit-plan").innerText();
  assert.doesNotMatch(plan, /cold sores|blood thinner|isotretinoin/i, "the plan speaks of what was answered only");
  assert.match(await page.locator("main").innerText(), new RegExp(span));
  await steps.look(page);
  await snap("my-visit");

  const [download] = await Promise.all([page.waitForEvent("download"), steps.follow(page, "Calendar file")]);
  assert.match(download.suggestedFilename(), /\.ics$/);
  const file = (await readFile(await download.path(), "utf8")).replaceAll("\r\n ", "");
  assert.match(file, /^BEGIN:VCALENDAR\r\n/);
  assert.match(file, /\r\nBEGIN:VTIMEZONE\r\n/);
  assert.match(file, new RegExp(`\\r\\nDTSTART;TZID=[^:]+:${date.replaceAll("-", "")}T`));
  assert.doesNotMatch(/\r\nSUMMARY.*/.exec(file)[0], /needl|skin|scar|cream/i, "a calendar is often shared");

  const desk = (await another({ device: "desk" })).page;
  await steps.signIn(desk, server.staff["front-desk"]);
  await steps.look(desk);
  await steps.leads(desk, () => desk.goto(`/desk/day/${date}`));
  const block = desk.locator("a.block", { hasText: wanda.name });
  assert.equal(await block.count(), 1, "the visit stands in the day once");
  assert.match(await block.innerText(), new RegExp(span));
  await steps.look(desk);
  await steps.leads(desk, () => block.click());
  const panel = desk.getByRole("complementary", { name: "Appointment" });
  assert.match(await panel.innerText(), new RegExp(`${wanda.name}[^]*${wanda.email}`));
  await steps.look(desk);
  assert.equal(await desk.getByRole("link", { name: "Audit" }).count(), 0, "a link that leads nowhere for them");
  const refused = await desk.goto("/desk/audit");
  assert.equal(refused.status(), 404, "the audit trail is not for the front desk to know of");

  const owner = (await another({ device: "desk" })).page;
  await steps.signIn(owner, server.staff.owner);
  await steps.leads(owner, () => steps.follow(owner, "Audit"));
  await owner.getByText("The chain is whole.").waitFor();
  const rows = await owner.locator(".audit-table tbody tr").allInnerTexts();
  assert.ok(rows.some((row) => /book/i.test(row)), `the booking is in the trail:\n${rows.slice(0, 12).join("\n")}`);
  assert.ok(rows.some((row) => /confirm/i.test(row)), `so is who confirmed:\n${rows.slice(0, 12).join("\n")}`);
  await steps.look(owner);
});
