// Opens each page of a running console in Chromium, wide and narrow, light and dark: no message in the browser's console, no
// finding of axe, nothing wider than the window. Then does what an operator does.
//
//   node console.mjs ADDRESS SCREENSHOTS [CHROMIUM]
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [address, directory, executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(directory, { recursive: true });

const failures = [];
const check = (holds, what) => {
  if (!holds) failures.push(what);
};

const get = async (path) => (await fetch(address + path)).json();
const health = await get("/observe/health");
for (const name of ["heartbeat", "ledger", "slots"]) {
  check(health.checks[name] === "UP", `the health check ${name} is ${health.checks[name]}`);
}
const runs = (await get("/api/runs")).runs;
const failed = runs.find((run) => run.state === "failed") ?? runs[0];
const completed = runs.find((run) => run.state === "completed") ?? runs[0];
const pages = {
  home: "/",
  pipelines: "/pipelines",
  pipeline: `/pipelines/${encodeURIComponent(completed.pipeline)}`,
  form: "/pipelines/exchange-rates-backfill",
  runs: "/runs",
  run: `/runs/${completed.run}`,
  failed: `/runs/${failed.run}`,
  log: `/runs/${completed.run}/log`,
  logs: "/logs?text=pipeline",
  backfill: "/backfill?pipeline=exchange-rates-backfill&start=2026-08-15&end=2026-10-10",
  alerts: "/alerts",
  nodes: "/nodes",
  sql: "/sql",
  error: "/runs/unknown",
};

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const open = async (width, scheme) => {
  const context = await browser.newContext({
    viewport: { width, height: width > 600 ? 860 : 844 },
    colorScheme: scheme,
    reducedMotion: "reduce",
    bypassCSP: false,
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => failures.push(`${page.url()}: ${error}`));
  page.on("console", (message) => {
    if (!(message.text().includes("404") && page.url().includes("unknown"))) {
      failures.push(`${page.url()}: console ${message.type()}: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) {
      failures.push(`${page.url()} asks ${request.url()}`);
    }
  });
  return page;
};

for (const width of [1280, 390]) {
  for (const scheme of ["light", "dark"]) {
    const page = await open(width, scheme);
    for (const [name, path] of Object.entries(pages)) {
      const answer = await page.goto(address + path);
      check(answer.status() < 400 || name === "error", `${path}: ${answer.status()}`);
      await page.screenshot({ path: `${directory}/${name}-${width}-${scheme}.png`, fullPage: true });
      const { violations, overflow } = await page.evaluate(async (source) => {
        new Function(source)();
        const result = await window.axe.run();
        return {
          violations: result.violations.map(
            (violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).slice(0, 3)}`,
          ),
          overflow: document.documentElement.scrollWidth - window.innerWidth,
        };
      }, axe);
      violations.forEach((violation) => failures.push(`${name}, ${width}, ${scheme}: ${violation}`));
      check(overflow <= 0, `${name}, ${width}: ${overflow} pixels wider than the window`);
    }
    await page.context().close();
  }
}

// what an operator does, by keyboard where a keyboard is quicker
{
  const page = await open(1280, "light");
  await page.goto(address + "/");
  await page.keyboard.press("Tab");
  check((await page.evaluate(() => document.activeElement.textContent)) === "Skip to content", "Tab: no skip link");

  await page.goto(address + "/pipelines?q=currencies");
  check((await page.locator("table.pipelines tbody tr").count()) === 1, "the filter finds other than one pipeline");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForURL("**/pipelines/currencies-weekly");
  check(await page.getByText("currencies-weekly is paused").isVisible(), "no notice after the pause");
  await page.getByRole("button", { name: "Resume" }).click();
  check(await page.getByText("currencies-weekly is resumed").isVisible(), "no notice after the resume");

  await page.goto(address + "/pipelines?q=exchange-rates-backfill");
  await page.locator("details.ask summary").click();
  await page.getByRole("textbox", { name: "start_date" }).fill("2026-09-01");
  await page.locator("h1").click();
  await page.waitForTimeout(6000);
  check(
    (await page.getByRole("textbox", { name: "start_date" }).inputValue()) === "2026-09-01",
    "the form in the list has lost a value while the page was renewed",
  );
  check(await page.getByRole("button", { name: "Run now" }).isVisible(), "the form in the list has closed");
  await page.setViewportSize({ width: 390, height: 844 });
  check((await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)) <= 0, "the form is too wide");
  await page.screenshot({ path: `${directory}/pipelines-form-390.png`, fullPage: true });
  await page.setViewportSize({ width: 1280, height: 860 });
  check((await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)) <= 0, "the form is too wide");
  await page.screenshot({ path: `${directory}/pipelines-form-1280.png`, fullPage: true });

  await page.goto(address + "/pipelines/currencies-weekly");
  await page.getByRole("button", { name: "Run now" }).click();
  await page.waitForURL("**/runs/*");
  await page.locator("#facts .s-completed").waitFor({ timeout: 60_000 });
  check((await page.locator("#log p").count()) > 0, "the page of a run shows no log");
  check(await page.locator("#loads .table-name", { hasText: "CURRENCIES" }).isVisible(), "the page of a run shows no load");
  await page.getByLabel("Text in the log").fill("rows READ");
  await page.keyboard.press("Enter");
  await page.getByText("1 matching line of").waitFor();
  check((await page.locator("#log p").count()) === 1, "the search in a log finds other than one line");

  await page.goto(address + "/pipelines/exchange-rates-backfill");
  await page.getByRole("textbox", { name: "start_date" }).fill("31 January");
  await page.getByRole("textbox", { name: "end_date" }).fill("2026-09-02");
  await page.getByRole("button", { name: "Run now" }).click();
  check(await page.getByRole("alert").getByText("start_date").isVisible(), "no error for a wrong date");
  check((await page.getByRole("textbox", { name: "end_date" }).inputValue()) === "2026-09-02", "the form has lost a value");
  failures.splice(0, failures.length, ...failures.filter((failure) => !failure.includes("422")));
  await page.context().close();
}

// days are chosen, loaded and watched
{
  const page = await open(1280, "light");
  await page.goto(address + "/backfill?pipeline=exchange-rates-backfill&start=2026-09-10&end=2026-09-12");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForURL("**/backfill?*");
  await page.locator("#runs tbody tr").first().locator(".s-completed").waitFor({ timeout: 60_000 });
  check((await page.locator(".day.s-completed").count()) === 3, "the loaded days are not shown as present");

  await page.goto(address + "/alerts");
  await page.locator("select[name=pipeline]").selectOption("products-daily");
  await page.getByRole("button", { name: "Mute", exact: true }).click();
  check(await page.getByText("No messages about products-daily until").isVisible(), "no notice after the mute");
  await page.getByRole("button", { name: "Unmute" }).click();
  check(await page.getByText("Messages about products-daily are sent again").isVisible(), "no notice after the end");
  await page.context().close();
}

// reading works without scripts
{
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(address + "/");
  check(await page.getByRole("heading", { name: "Needs attention" }).isVisible(), "without scripts: no home page");
  await page.goto(`${address}/runs/${completed.run}`);
  check((await page.locator("#log p").count()) > 0, "without scripts: no log");
  await context.close();
}

await browser.close();
if (failures.length > 0) {
  console.error([...new Set(failures)].join("\n"));
  process.exit(1);
}
console.log(`${Object.keys(pages).length} pages are fine in Chromium; screenshots in ${directory}`);
