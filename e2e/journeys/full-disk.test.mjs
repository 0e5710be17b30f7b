// The disk is full while people use the site. They are told what to do and by which number to ask, nothing they typed
// is lost, nothing is half-written, reading goes on; and once there is space again it all goes on without a restart.
// The program runs on a small disk in memory of its own, inside a name space that needs no rights.
import assert from "node:assert/strict";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { openVisit, startBrowser, startServer } from "../harness.mjs";
import * as steps from "../steps.mjs";

const program = process.env.STIPPLE_BIN ?? fileURLToPath(new URL("../../target/debug/stipple", import.meta.url));
const SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"];
const MOUNT = 'mount -t tmpfs -o size=24m small-disk "$5" && exec "$0" "$@"';
const FULL = 507;

/** Writes until nothing more fits; returns the file to remove. */
function fill(server) {
  // The disk is only seen through the program's own eyes.
  const path = join(`/proc/${server.pid}/root`, server.data, "filler");
  const file = openSync(path, "a");
  for (const size of [1 << 20, 4096, 1]) {
    const block = Buffer.alloc(size, 1);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      assert.equal(error.code, "ENOSPC");
    }
  }
  closeSync(file);
  return path;
}

/**
 * The database overwrites its log where it can, so what is full is only felt once the log is full too: people begin
 * self-checks until one is refused.
 */
async function useUpTheLog(origin) {
  for (let person = 0; person < 5_000; person += 1) {
    const form = await fetch(`${origin}/self-check/1`);
    const cookie = form.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
    const [, token] = /name="form_token" value="([^"]+)"/.exec(await form.text());
    const body = new URLSearchParams({
      form_token: token, concern: "acne-scars", birth_day: "27", birth_month: "3", birth_year: "1990",
    });
    const answer = await fetch(`${origin}/self-check/1`, {
      method: "POST", redirect: "manual", headers: { cookie, origin }, body,
    });
    if (answer.status === FULL) return;
    assert.equal(answer.status, 303, await answer.text());
  }
  assert.fail("the log is never full");
}

/** What must be allowed to happen here and nowhere else: answers of 507. */
const unexpected = (problems) => problems.filter((problem) => !problem.startsWith("507 "));

test("a full disk: told, nothing lost, and it goes on by itself", async () => {
  const server = await startServer({ program: [...SMALL_DISK, MOUNT, program], args: ["--no-limits"] });
  const browser = await startBrowser();
  try {
    const { page, problems } = await openVisit(browser, server.origin, { device: "phone" });
    const who = steps.person("fiona");
    await steps.selfCheck(page);
    await steps.leads(page, () => steps.follow(page, "See free times"));
    await steps.chooseDay(page);
    const span = await steps.holdFirstTime(page);
    const other = await openVisit(browser, server.origin, { device: "phone" });
    await other.page.goto("/contact");

    let file = fill(server);
    await useUpTheLog(server.origin);
    await page.getByLabel("First and last name").fill(who.name);
    await page.getByLabel("E-mail").fill(who.email);
    await page.getByLabel("Telephone").fill(who.phone);
    await page.getByLabel("Anything we should know?").fill("I come by bicycle.");
    await page.getByRole("checkbox", { name: "I have read this and agree" }).check();
    await page.waitForTimeout(2_100); // The guard against machines is about time, so time passes.
    await steps.leads(page, () => steps.press(page, "Book this time"), FULL);
    const told = await page.locator(".error-summary").innerText();
    assert.match(told, /disk is full[^]*still here[^]*ring the clinic[^]*[0-9a-z]{26}/i);
    assert.equal(await page.getByLabel("First and last name").inputValue(), who.name);
    assert.equal(await page.getByLabel("Anything we should know?").inputValue(), "I come by bicycle.");
    await steps.look(page);

    // A question to the clinic, and the self-check of somebody new.
    await other.page.getByLabel("Name").fill("Otto Invented");
    await other.page.getByLabel("E-mail").fill("otto@example.org");
    await other.page.getByLabel("Your question").fill("Is there a place to leave a bicycle?");
    await steps.leads(other.page, () => steps.press(other.page, "Send"), FULL);
    assert.equal(await other.page.getByLabel("Your question").inputValue(), "Is there a place to leave a bicycle?");

    // Reading goes on.
    const third = await openVisit(browser, server.origin, { device: "desk" });
    for (const path of ["/", "/treatments/micro-needling", "/prices", "/healthz", "/api/days?visit=treatment"]) {
      assert.equal((await third.page.request.get(path)).status(), 200, path);
    }
    await third.page.goto("/self-check/1");
    await third.page.getByRole("radio", { name: "Stretch marks" }).check();
    for (const [label, value] of [["Day", "27"], ["Month", "3"], ["Year", "1990"]]) {
      await third.page.getByLabel(label).fill(value);
    }
    await third.page.waitForTimeout(2_100);
    await steps.leads(third.page, () => steps.press(third.page, "Next"), FULL);
    assert.ok(await third.page.getByRole("radio", { name: "Stretch marks" }).isChecked());
    assert.equal(await third.page.getByLabel("Year").inputValue(), "1990");

    // There is space again: the same pages, sent once more.
    rmSync(file);
    await steps.leads(page, () => steps.press(page, "Book this time"));
    assert.match(steps.path(page), /\/booked$/);
    await steps.leads(other.page, () => steps.press(other.page, "Send"));
    await other.page.getByText("your question is with us").waitFor();
    await steps.leads(third.page, () => steps.press(third.page, "Next"));
    assert.equal(steps.path(third.page), "/self-check/2");

    const found = await steps.letter(page, who);
    await steps.openVisitOf(page, found);
    assert.match(await page.locator("main").innerText(), new RegExp(span));
    assert.equal(await page.goto("/demo/mail").then(() => page.locator("article.letter", { hasText: who.email }).count()), 1);

    // Full once more, in the middle of the desk's work.
    await steps.signIn(third.page, server.staff.owner);
    file = fill(server);
    await third.page.goto("/");
    rmSync(file);
    await steps.leads(third.page, () => third.page.goto("/desk/audit"));
    await third.page.getByText("The chain is whole.").waitFor();
    for (const visit of [{ problems }, other, third]) assert.deepEqual(unexpected(visit.problems), []);
    // The reason is in the log, once a request, with the number that people were told.
    const reasons = server.output.filter((line) => /disk is full/.test(line));
    assert.ok(reasons.length >= 3, server.output.slice(-20).join("\n"));
  } finally {
    await browser.close();
    await server.stop();
  }
});
