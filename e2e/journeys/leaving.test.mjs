// Somebody looks elsewhere in the middle of a booking: what counts as leaving, and that coming back undoes it. That a
// time which was left is free a minute later is tested where a clock can be moved.
import assert from "node:assert/strict";
import { journey } from "../harness.mjs";
import * as steps from "../steps.mjs";

/** How often the server was told this about a held time, by its own log. */
const told = (server, what) =>
  server.output.filter((line) => line.includes(`route=/holds/{id}/${what} status=204`)).length;

/** Waits until the server was told this once more. */
async function isTold(page, server, what, before) {
  for (let waited = 0; told(server, what) === before; waited += 50) {
    assert.ok(waited < 5_000, `the server was not told: ${what}`);
    await page.waitForTimeout(50);
  }
}

journey("a held time is let go when its page is left, and kept while it is not", { device: "phone" }, async (visit) => {
  const { page, server } = visit;
  await page.goto("/appointments/new?visit=consultation");
  await steps.chooseDay(page);
  await steps.holdFirstTime(page);
  const until = () => page.locator(".hold strong").innerText();
  const promised = await until();
  await isTold(page, server, "return", 0);

  // A link of ours and a form are no leaving.
  await steps.leads(page, () => page.getByRole("link", { name: /privacy/i }).first().click());
  await steps.leads(page, () => page.goto("/appointments/new?visit=consultation"));
  await page.getByText("You hold a time").waitFor();
  const returns = told(server, "return");
  await steps.leads(page, () => page.getByRole("link", { name: /Finish this booking/ }).click());
  await isTold(page, server, "return", returns);
  assert.equal(told(server, "leave"), 0);

  // Another address is; and back again the same end is promised.
  await page.goto("about:blank");
  await isTold(page, server, "leave", 0);
  const before = told(server, "return");
  await page.goBack();
  assert.equal(await until(), promised);
  await isTold(page, server, "return", before);
});
