// Takes docs/images/report.png, the picture of the README, from the report of the last `make demo`:
// PATH=.venv/bin:$PATH node docs/images/report.mjs

import {fileURLToPath} from "node:url";

// The package brings the libraries that a small machine lacks, where it takes the machine for Lambda's.
process.env.AWS_LAMBDA_JS_RUNTIME ??= "nodejs24.x";
const {default: chromium} = await import("@sparticuz/chromium");
const {default: puppeteer} = await import("puppeteer-core");

const browser = await puppeteer.launch({
  executablePath: await chromium.executablePath(),
  args: [...chromium.args, "--no-sandbox"],
  headless: "shell",
});
try {
  const page = await browser.newPage();
  await page.setViewport({width: 1180, height: 1330});
  await page.goto(new URL("../../build/demo/report.html", import.meta.url).href, {waitUntil: "load"});
  await page.waitForSelector("html[data-drawn]");
  await page.screenshot({path: fileURLToPath(new URL("report.png", import.meta.url))});
} finally {
  await browser.close();
}
