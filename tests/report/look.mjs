// Opens a report in headless Chromium and writes what a reader would find, as JSON: errors, requests, charts, the table
// filtered from the keyboard, accessibility violations. Arguments: the report, the folder for screenshots.

import {readFileSync} from "node:fs";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

// The package brings the libraries that a small machine lacks, where it takes the machine for Lambda's.
process.env.AWS_LAMBDA_JS_RUNTIME ??= "nodejs24.x";
const {default: chromium} = await import("@sparticuz/chromium");
const {default: puppeteer} = await import("puppeteer-core");

const [report, screenshots] = process.argv.slice(2);
const axe = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const browser = await puppeteer.launch({
  executablePath: await chromium.executablePath(),
  args: [...chromium.args, "--no-sandbox", "--disable-background-networking"],
  headless: "shell",
});
const found = {errors: [], requests: []};
try {
  const page = await browser.newPage();
  page.on("console", message => message.type() === "error" && found.errors.push(message.text()));
  page.on("pageerror", error => found.errors.push(String(error)));
  page.on("request", request => found.requests.push(request.url().slice(0, 80)));
  for (const width of [1280, 390]) {
    await page.setViewport({width, height: 900});
    await page.goto(pathToFileURL(report), {waitUntil: "load"});
    await page.waitForSelector("html[data-drawn]");
    await page.screenshot({path: join(screenshots, `report-${width}.png`), fullPage: true});
    found[`overflow${width}`] = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  }
  await page.setViewport({width: 1280, height: 900});
  await page.goto(pathToFileURL(report), {waitUntil: "load"});
  found.charts = await page.$$eval(".chart", all => all.map(each => each.querySelectorAll("svg path, svg rect").length));
  const rows = () => page.$$eval("#decision-table tbody tr", all => all.map(row => row.innerText.replace(/\s+/g, " ")));
  found.rows = await rows();
  found.heading = await page.$eval("h1", heading => heading.textContent);
  found.images = await page.$$eval("img", all => all.length);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.matches(".datatable-input"))) break;
  }
  await page.keyboard.type("no such decision");
  await page.waitForSelector(".datatable-empty");
  found.filteredAway = await rows();
  for (let letters = 0; letters < 16; letters += 1) await page.keyboard.press("Backspace");
  await page.keyboard.type("done");
  await page.waitForFunction(() => !document.querySelector(".datatable-empty"));
  found.filtered = await rows();
  await page.evaluate(axe);
  const judged = await page.evaluate(() => axe.run({resultTypes: ["violations"]}));
  found.violations = judged.violations.map(each => `${each.id}: ${each.help} (${each.nodes.map(node => node.target).join("; ")})`);
} finally {
  await browser.close();
}
console.log(JSON.stringify(found));
