// What every browser journey stands on: the real program on a free port with a data folder of its own, Chromium at
// a phone's or a desk's width, light or dark, with or without scripts, and an ear for whatever goes wrong in a page.
//
// The program is told where to keep its data and prints, one a line, `staff: <role> <name> <password>` for each
// sign-in and then `ready http://127.0.0.1:PORT`. Knows nothing about any page; that is for the journeys.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = fileURLToPath(new URL(".", import.meta.url));
const axeSource = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const PROGRAM = process.env.STIPPLE_BIN ?? join(here, "../target/debug/stipple");
const READY_MS_MAX = 60_000;
const STEP_MS_MAX = 15_000;
const WIDTHS = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// Chromium talks to nobody but us: its own errands are switched off.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

// However a journey ends, its program and its data end with it.
const running = new Map();
process.on("exit", () => {
  for (const [child, data] of running) {
    child.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true });
  }
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

/**
 * Starts the program with an empty data folder on a free port and waits until it says that it is ready.
 * `program` is a command line, so that the harness can be tried without the program.
 */
export async function startServer({ program = [PROGRAM], args = [] } = {}) {
  const data = mkdtempSync(join(tmpdir(), "stipple-e2e-"));
  const [command, ...before] = program;
  const child = spawn(command, [...before, "demo", "--port", "0", "--data", data, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.set(child, data);
  const output = [];
  const ended = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", (error) => resolve(output.push(error.message)));
  }).finally(() => running.delete(child));
  const staff = {};
  const origin = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      output.push(line);
      const signIn = /^staff: (\S+) (\S+) (\S+)$/.exec(line);
      if (signIn) staff[signIn[1]] = { name: signIn[2], password: signIn[3] };
      const ready = /^ready (http:\/\/127\.0\.0\.1:\d+)\/?$/.exec(line);
      if (ready) resolve(ready[1]);
    });
  });
  createInterface({ input: child.stderr }).on("line", (line) => output.push(line));
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(late);
    rmSync(data, { recursive: true, force: true });
  };
  let timer;
  const tooLate = new Promise((resolve) => (timer = setTimeout(resolve, READY_MS_MAX)));
  const found = await Promise.race([origin, ended.then(() => null), tooLate.then(() => null)]);
  clearTimeout(timer);
  if (typeof found !== "string") {
    await stop();
    throw new Error(`${program.join(" ")} was not ready:\n${output.join("\n")}`);
  }
  return { origin: found, staff, data, output, pid: child.pid, stop };
}

/** Starts Chromium with a profile of its own. */
export function startBrowser() {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
}

/**
 * Opens a page as one visitor: own cookies, own width. `problems` collects what must not happen: script errors,
 * errors on the console, breaches of the content security policy, answers of 500 and above, missing files, and any
 * request to another site.
 */
export async function openVisit(browser, origin, { device = "desk", scheme = "light", scripts = true } = {}) {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: WIDTHS[device],
    deviceScaleFactor: 1,
    hasTouch: device === "phone",
    isMobile: device === "phone",
    colorScheme: scheme,
    reducedMotion: "reduce",
    javaScriptEnabled: scripts,
    locale: "en-GB",
  });
  context.setDefaultTimeout(STEP_MS_MAX);
  const problems = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== origin) problems.push(`a request to ${url.origin}`);
  });
  context.on("response", (response) => {
    // A page may answer 404, 409 or 422 and say what to do; a file it needs may not be missing.
    const least = response.request().resourceType() === "document" ? 500 : 400;
    if (response.status() >= least) problems.push(`${response.status()} for ${new URL(response.url()).pathname}`);
  });
  context.on("console", (message) => {
    const ofTheStatus = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !ofTheStatus) problems.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => problems.push(`script: ${error.error().message}`));
  const page = await context.newPage();
  const snap = (name) => {
    const folder = join(here, "artifacts");
    mkdirSync(folder, { recursive: true });
    return page.screenshot({ path: join(folder, `${name}-${device}-${scheme}.png`), fullPage: true });
  };
  return { context, page, problems, snap, close: () => context.close() };
}

/** Fails when axe finds anything in the page against WCAG 2.2 AA. Needs scripts. */
export async function axe(page) {
  // Evaluated by the debugger, which the page's content security policy does not concern.
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async (values) => {
    const { violations } = await globalThis.axe.run(document, { runOnly: { type: "tag", values } });
    const where = (nodes) => nodes.map((node) => node.target.join(" ")).slice(0, 5);
    return violations.map(({ id, help, nodes }) => `${id}: ${help} (${where(nodes).join("; ")})`);
  }, RULES);
  assert.deepEqual(violations, [], `axe on ${new URL(page.url()).pathname}`);
}

/** Fails when the page is wider than its window, which on a phone means scrolling sideways. */
export async function fitsItsWidth(page) {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(content <= window, `${new URL(page.url()).pathname} is ${content} px wide in a window of ${window} px`);
}

let shared;
after(async () => {
  if (!shared) return;
  // Also when only one of the two came up.
  const [server, browser] = await Promise.allSettled([shared.server, shared.browser]);
  await browser.value?.close();
  await server.value?.stop();
});

/**
 * One journey: a test with a visitor at a fresh browser. The program and the browser are shared by a file's journeys.
 * `body` is given the page, `snap`, the server and `another` (a second visitor, with the same or other options); at
 * the end no visitor may have met a problem.
 */
export function journey(name, options, body) {
  test(name, async () => {
    shared ??= { server: startServer(), browser: startBrowser() };
    const [server, browser] = await Promise.all([shared.server, shared.browser]);
    const visits = [];
    const another = async (others = {}) => {
      visits.push(await openVisit(browser, server.origin, { ...options, ...others }));
      return visits.at(-1);
    };
    try {
      const { page, snap } = await another();
      await body({ page, snap, server, another });
      assert.deepEqual(visits.flatMap((visit) => visit.problems), [], "problems in the pages");
    } finally {
      await Promise.all(visits.map((visit) => visit.close()));
    }
  });
}
