// Answers that speak against treatment, answers that are not sure, and forms that were mistyped. The server decides,
// whatever address somebody types or whatever form they send.
import assert from "node:assert/strict";
import { journey } from "../harness.mjs";
import * as steps from "../steps.mjs";

const phone = { device: "phone" };

/** Sends a form to `action` as a page of ours would, but with fields of our choice. */
const forge = (page, action, fields, status) =>
  steps.leads(
    page,
    () =>
      page.evaluate(
        ([action, fields]) => {
          const form = document.createElement("form");
          form.method = "post";
          form.action = action;
          const token = document.querySelector("input[name=form_token]");
          for (const [name, value] of Object.entries({ form_token: token.value, ...fields })) {
            const input = document.createElement("input");
            Object.assign(input, { type: "hidden", name, value });
            form.append(input);
          }
          document.body.append(form);
          // Once this script has answered, or the answer would be lost with the page.
          setTimeout(() => form.submit());
        },
        [action, fields],
      ),
    status,
  );

/** A time for a treatment that is really free, as the interface tells programs. */
async function freeTime(page) {
  for (let ahead = 7; ahead < 60; ahead += 1) {
    const day = new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    const { times } = await (await page.request.get(`/api/times?visit=treatment&day=${day}`)).json();
    if (times.length) return times[0].start;
  }
  return assert.fail("no day has a free time");
}

/** Asks for a treatment in every way there is; none may lead to a held time. */
async function noTreatment(page) {
  await page.goto("/appointments/new?visit=treatment");
  assert.equal(steps.path(page), "/self-check/answer", "the address of the times leads back to the answer");
  await page.goto("/appointments/new");
  assert.equal(steps.path(page), "/self-check/answer");
  const time = await freeTime(page);
  await page.goto("/contact");
  await forge(page, "/holds", { visit: "treatment", with: "", time }, 200);
  assert.equal(steps.path(page), "/self-check/answer", "a forged hold leads back to the answer");
  await page.goto("/contact");
  const given = { name: "Nora Invented", email: "nora@example.org", phone: "020 7946 0322", agree: "yes" };
  await page.waitForTimeout(2_100); // The guard against machines is about time, so time passes.
  await forge(page, "/appointments", { visit: "treatment", time, hold: "", with: "", note: "", ...given }, 200);
  assert.equal(steps.path(page), "/self-check/answer", "a forged booking leads back to the answer");
}

journey("pregnant: not suitable, and no treatment can be booked", phone, async ({ page }) => {
  await steps.selfCheck(page, { ticks: { "I am pregnant": true } });
  assert.equal(await steps.heading(page), "Not now");
  assert.equal(await page.locator(".outcome-until").innerText(), "until after the pregnancy");
  await page.getByText("Where this comes from").click();
  assert.match(await page.locator(".reasons").innerText(), /I am pregnant[^]*SCR-PREG/i);
  assert.equal(await page.locator('main a[href*="visit=treatment"]').count(), 0);
  await steps.look(page);
  await noTreatment(page);
  await page.goto("/self-check/answer");
  await steps.leads(page, () => steps.follow(page, "Ask us a question"));
  assert.equal(await steps.heading(page), "Ask a person");
});

journey("sunburn: wait, with a date before which nothing can be had", phone, async ({ page }) => {
  await steps.selfCheck(page, { ticks: { "Sunburn in the last two weeks": "In the last three days" } });
  assert.equal(await steps.heading(page), "Not yet");
  await steps.look(page);
  const said = /^from \w+day (\d{1,2} \w+ 20\d\d)$/.exec(await page.locator(".outcome-until").innerText());
  const until = new Date(`${said[1]} UTC`);
  await steps.leads(page, () => steps.follow(page, "See times from"));
  const first = await steps.chooseDay(page, 0);
  assert.ok(new Date(first) >= until, `${first} is offered, before ${until.toISOString()}`);
  const sooner = new Date(until - 86_400_000).toISOString().slice(0, 10);
  await page.goto(`/appointments/new?visit=treatment&day=${sooner}`);
  assert.equal(await page.locator("button.time").count(), 0, "the day before has no time to offer");
  await steps.look(page);
});

journey("not sure: a clinician decides, at a consultation", phone, async ({ page }) => {
  await steps.selfCheck(page, { unsure: "Do you have one of these?" });
  assert.equal(await steps.heading(page), "A clinician should decide with you");
  await steps.look(page);
  await noTreatment(page);
  await page.goto("/self-check/answer");
  await steps.leads(page, () => steps.follow(page, "Book a consultation"));
  assert.match(await page.locator(".choose-head").innerText(), /consultation/i);
  await steps.chooseDay(page);
  await steps.holdFirstTime(page);
  await steps.book(page, steps.person("nils"));
  await steps.openVisitOf(page, await steps.letter(page, steps.person("nils")));
  assert.match(await page.locator("main").innerText(), /consultation/i);
  await steps.look(page);
});

journey("answers that were given are still there on the way back", phone, async ({ page }) => {
  const statement = "Sunburn in the last two weeks";
  await steps.selfCheck(page, { ticks: { [statement]: "In the last three days" } });
  const before = await page.locator(".outcome-until").innerText();
  await steps.leads(page, () => steps.follow(page, "Change my answers"));
  assert.ok(await page.getByRole("radio", { name: "Acne scars" }).isChecked());
  while (steps.path(page) !== "/self-check/answer") {
    const when = page.locator(".tick-item", { has: page.getByRole("checkbox", { name: statement }) });
    if (await when.count()) {
      assert.equal(await when.getByRole("combobox").locator("option:checked").innerText(), "In the last three days");
    }
    await steps.leads(page, () => page.getByRole("button", { name: /Next|See my answer/ }).click());
  }
  assert.equal(await page.locator(".outcome-until").innerText(), before, "sending them again changes nothing");
});

/** The form came back: 422 was seen; the summary names each of `errors`, and its links lead to their fields. */
async function cameBack(page, errors) {
  assert.match(await page.title(), /^Please check: /);
  const links = page.locator(".error-summary a");
  const found = await links.allInnerTexts();
  assert.equal(found.length, errors.length, found.join(" | "));
  for (const [at, error] of errors.entries()) assert.match(found[at], error);
  for (const link of await links.all()) {
    const target = await link.getAttribute("href");
    assert.equal(await page.locator(target).count(), 1, `${target} is a field of this page`);
  }
  await steps.look(page);
}

journey("mistyped forms come back filled, with all that is wrong at once", phone, async ({ page }) => {
  await page.goto("/self-check/1");
  await page.getByRole("radio", { name: "Acne scars" }).check();
  for (const [label, value] of [["Day", "31"], ["Month", "2"], ["Year", "1990"]]) {
    await page.getByLabel(label).fill(value);
  }
  await steps.leads(page, () => steps.press(page, "Next"), 422);
  await cameBack(page, [/./]);
  assert.ok(await page.getByRole("radio", { name: "Acne scars" }).isChecked());
  const born = await Promise.all(["Day", "Month", "Year"].map((label) => page.getByLabel(label).inputValue()));
  assert.deepEqual(born, ["31", "2", "1990"]);

  await page.goto("/self-check/1");
  await steps.leads(page, () => steps.press(page, "Next"), 422);
  await cameBack(page, [/Choose what you would like to change/, /birth|born/i]);

  await page.goto("/contact");
  await page.getByLabel("Name").fill("Nora Invented");
  await page.getByLabel("E-mail").fill("nora at example");
  await page.waitForTimeout(2_100); // The guard against machines is about time, so time passes.
  await steps.leads(page, () => steps.press(page, "Send"), 422);
  await cameBack(page, [/e-mail|address/i, /question|what/i]);
  assert.equal(await page.getByLabel("Name").inputValue(), "Nora Invented");
  assert.equal(await page.getByLabel("E-mail").inputValue(), "nora at example");
  await page.getByLabel("E-mail").fill("nora@example.org");
  await page.getByLabel("Your question").fill("Is there a place to leave a bicycle?");
  await page.waitForTimeout(2_100);
  await steps.leads(page, () => steps.press(page, "Send"));
  await page.getByText("your question is with us").waitFor();
  await steps.look(page);

  await page.goto("/appointments/new?visit=consultation");
  await steps.chooseDay(page);
  await steps.holdFirstTime(page);
  await page.getByLabel("First and last name").fill("Nora Invented");
  await page.getByLabel("E-mail").fill("nora@");
  await page.getByLabel("Anything we should know?").fill("I come by bicycle.");
  await page.waitForTimeout(2_100);
  await steps.leads(page, () => steps.press(page, "Book this time"), 422);
  await cameBack(page, [/e-mail|address/i, /agree/]);
  assert.equal(await page.getByLabel("First and last name").inputValue(), "Nora Invented");
  assert.equal(await page.getByLabel("E-mail").inputValue(), "nora@");
  assert.equal(await page.getByLabel("Anything we should know?").inputValue(), "I come by bicycle.");
  await steps.book(page, steps.person("nora"));
});

journey("a mistyped sign-in says which two do not belong together, and keeps the name", {}, async ({ page, server }) => {
  const { name } = server.staff["front-desk"];
  await page.goto("/sign-in");
  assert.equal(await page.getByLabel("Name").inputValue(), "", "nothing is filled in for a stranger");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill("not the password");
  await steps.leads(page, () => steps.press(page, "Sign in"), 422);
  await cameBack(page, [/name and password/i]);
  assert.equal(await page.getByLabel("Name").inputValue(), name);
  assert.equal(await page.getByLabel("Password").inputValue(), "");
});

journey("a form that comes back at once is asked for again, and then taken", phone, async ({ page }) => {
  await page.goto("/appointments/new?visit=consultation");
  await steps.chooseDay(page);
  await steps.holdFirstTime(page);
  const details = { "First and last name": "Quentin Invented", "E-mail": "q@example.org", Telephone: "020 7946 0323" };
  for (const [label, value] of Object.entries(details)) await page.getByLabel(label).fill(value);
  await page.getByRole("checkbox", { name: "I have read this and agree" }).check();
  // Quicker than the guard allows, as a browser that fills in everything by itself would be.
  const sent = await page.evaluate(async () => {
    const form = document.querySelector("#details");
    const fresh = await (await fetch(location.href)).text();
    const token = new DOMParser().parseFromString(fresh, "text/html").querySelector("input[name=form_token]").value;
    form.elements.form_token.value = token;
    setTimeout(() => form.submit());
    return token.length;
  });
  assert.ok(sent > 20);
  await page.locator(".error-summary", { hasText: "very quick" }).waitFor();
  assert.equal(await page.getByLabel("E-mail").inputValue(), "q@example.org");
  await page.waitForTimeout(2_100); // The guard is about time, so time passes.
  await steps.leads(page, () => steps.press(page, "Book this time"));
  assert.match(steps.path(page), /\/booked$/);
});
