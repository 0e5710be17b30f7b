// A therapist plans the needling of a zone, sees it redrawn at every change, keeps it with a visit and looks at it
// again; the same without scripts; and anybody reads why even matters.
import assert from "node:assert/strict";
import { axe, fitsItsWidth, journey } from "../harness.mjs";
import * as steps from "../steps.mjs";

const PLANS = "/desk/needling-plans/new";

async function signIn(page, server, role) {
  const { name, password } = server.staff[role];
  await page.goto("/sign-in");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await steps.leads(page, () => steps.press(page, "Sign in"));
}

/** The first visit of the coming days, opened by its own page. */
async function openVisit(page) {
  for (let day = 0; day < 14; day += 1) {
    const on = new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10);
    await page.goto(`/desk/day/${on}`);
    const hrefs = await page.locator("a[href]").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    const ids = hrefs.map((href) => /(?:open=|\/desk\/appointments\/)([0-9a-z]{26})/.exec(href)?.[1]).filter(Boolean);
    for (const id of ids) {
      await page.goto(`/desk/appointments/${id}`);
      if (await page.getByRole("link", { name: "Plan a zone" }).count()) return id;
    }
  }
  return assert.fail("the demo has no visit in the next two weeks");
}

const summary = (page) => page.locator(".drawing-summary").innerText();
const dots = (page) => page.locator(".skin-map .dots").first().getAttribute("d");

/** Changes something and waits until what comes of it is drawn. */
async function redrawn(page, change) {
  const before = await dots(page);
  const answered = page.waitForResponse((response) => response.url().includes("/needling-plans/drawing"));
  await change();
  await answered;
  await page.waitForFunction((before) => document.querySelector(".skin-map .dots").getAttribute("d") !== before, before);
}

journey("a plan is drawn at every change, by keyboard too, and kept with a visit", {}, async ({ page, server, snap }) => {
  await signIn(page, server, "practitioner");
  const visit = await openVisit(page);
  await steps.leads(page, () => steps.follow(page, "Plan a zone"));
  await steps.look(page);
  await redrawn(page, () => page.locator('[data-zone="chin"]').click());
  assert.ok(await page.getByRole("radio", { name: "Chin" }).isChecked());
  assert.match(page.url(), /zone=chin/, "the address can be kept");

  const speed = page.getByLabel("Speed of the glide");
  await speed.focus();
  await redrawn(page, () => page.keyboard.press("ArrowLeft"));
  assert.equal(await page.locator('output[for="speed_mm_per_s"]').innerText(), "99.5 mm/s");
  await redrawn(page, () => page.keyboard.press("Home"));
  assert.ok(await page.getByText("The density of").isVisible(), "the checker says what is wrong");
  await redrawn(page, () => steps.press(page, "Propose passes"));
  // But for the place, which is the visit's own or not, all is well.
  const said = await page.locator(".drawing-breaches, .drawing-kept").allInnerTexts();
  const fits = /^(Every limit is kept\.|The visit is for a(nother place| place that is on no map): .+\. This plan is for: chin\.)$/;
  assert.ok(said.length === 1 && fits.test(said[0].trim()), said.join("; "));
  await axe(page);
  await snap("needling-plan");

  const depth = page.getByLabel("Depth, mm");
  await depth.fill("x");
  await page.locator("[data-needling-refusal]:not([hidden])").waitFor();
  assert.match(await page.locator("[data-needling-refusal]").innerText(), /Depth, mm: write a number/);
  await depth.fill("1.2");
  await page.locator("[data-needling-refusal]").waitFor({ state: "hidden" });

  await steps.leads(page, () => steps.press(page, "Keep with the appointment"));
  assert.equal(steps.path(page), `/desk/appointments/${visit}`);
  await axe(page);
  await steps.leads(page, () => steps.follow(page, "Chin"));
  assert.ok(await page.getByText("1.2 mm").isVisible());
  await steps.look(page);
  await page.emulateMedia({ media: "print" });
  assert.ok(!(await page.getByRole("link", { name: "Back to the appointment" }).isVisible()));
  await snap("needling-plan-printed");
});

journey("without scripts the form draws, proposes and keeps", { scripts: false }, async ({ page, server }) => {
  await signIn(page, server, "front-desk");
  await openVisit(page);
  await steps.leads(page, () => steps.follow(page, "Plan a zone"));
  await page.getByRole("radio", { name: "Right cheek" }).check();
  await page.getByLabel("Depth, mm").fill("9");
  await steps.leads(page, () => steps.press(page, "Draw"), 422);
  assert.ok(await page.getByText("Depth: write a number from 0.1 to 5.").first().isVisible());
  assert.equal(await page.getByLabel("Depth, mm").inputValue(), "9", "nothing typed is lost");
  await page.getByLabel("Depth, mm").fill("1");
  await steps.leads(page, () => steps.press(page, "Propose passes"));
  assert.match(await summary(page), /punctures per cm²/);
  assert.ok((await dots(page)).split("h0").length > 1_000);
  await steps.leads(page, () => steps.press(page, "Keep with the appointment"));
  assert.ok(await page.getByRole("link", { name: "Right cheek" }).isVisible());
});

journey("a pen is entered from its manual and offered first", {}, async ({ page, server }) => {
  await signIn(page, server, "clinical-lead");
  await page.goto("/desk/pens");
  await steps.look(page);
  await page.getByLabel("Model and cartridge").fill("Pen A with 3 needles");
  await page.getByLabel("Needles").fill("0.5 0\n-0.5 0\n0 0.8");
  await page.getByLabel("Strokes per second").fill("fast");
  await page.getByLabel("Deepest setting, mm").fill("2.5");
  await page.getByLabel("Manual and page").fill("Manual A, page 20");
  await steps.leads(page, () => steps.press(page, "Enter the pen"), 422);
  await axe(page);
  await page.getByLabel("Strokes per second").fill("110");
  await steps.leads(page, () => steps.press(page, "Enter the pen"));
  await page.goto(PLANS);
  assert.equal(await page.getByLabel("Pen", { exact: true }).locator("option").first().innerText(), "Pen A with 3 needles");
});

for (const scripts of [true, false]) {
  journey(`why even matters, ${scripts ? "with" : "without"} scripts`, { device: "phone", scripts }, async ({ page, snap }) => {
    await page.goto("/treatments/micro-needling");
    await steps.leads(page, () => steps.follow(page, "See why even matters"));
    assert.equal(await steps.heading(page), "Why even matters");
    assert.equal(await page.getByRole("img").count(), 6);
    await fitsItsWidth(page);
    if (!scripts) return;
    await steps.look(page);
    await snap("why-even-matters");
  });
}
