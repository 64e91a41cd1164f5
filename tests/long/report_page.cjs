// Looks at report.html and night.html of a folder in Chromium; ends with 1 and the reason where one
// of their promises is broken. See report_page.sh.
"use strict";
const assert = require("node:assert/strict");
const path = require("node:path");
const {chromium} = require("playwright-core");

const folder = process.argv[2];
const pictures = process.env.SCREENSHOTS;
const address = (name) => "file://" + path.join(folder, name);

async function opened(browser, name, options = {}) {
  const context = await browser.newContext({viewport: {width: 1200, height: 900}, ...options});
  const page = await context.newPage();
  const asked = [], errors = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => errors.push(message.text()));
  page.on("dialog", (dialog) => errors.push("dialog: " + dialog.message()));
  const start = performance.now();
  await page.goto(address(name));
  const ms = performance.now() - start;
  assert.deepEqual(asked, [address(name)], "a page asks for itself alone");
  assert.deepEqual(errors, []);
  return {context, page, ms, errors};
}

const lanesOf = (page) => page.$$eval("#lanes .kept", (paths) => paths.map((p) => p.getAttribute("d")));
const axisOf = (page) => page.$$eval(".axis span", (spans) => spans.map((s) => s.textContent));
const chosenOf = (page) => page.textContent("#chosen");

async function picture(page, name) {
  if (pictures) await page.screenshot({path: path.join(pictures, name + ".png"), fullPage: true});
}

async function worksByMouse(browser) {
  const {context, page, errors} = await opened(browser, "report.html");
  const all = await axisOf(page);
  await page.click("text=closer");
  assert.notDeepEqual(await axisOf(page), all, "a click zooms");
  await page.click("[data-do=all]");
  assert.deepEqual(await axisOf(page), all);
  const lane = page.locator(".lane", {hasText: "session 9 "}).locator("svg");
  await lane.scrollIntoViewIfNeeded();
  const box = await lane.boundingBox();
  await page.mouse.click(box.x + box.width * 0.7, box.y + box.height / 2);
  assert.match(await chosenOf(page), /^input 70\d\d\d: session 9, /);
  await page.mouse.move(box.x + box.width / 2, box.y + 5);
  await page.mouse.wheel(0, -300);
  await page.waitForFunction((before) => document.querySelector(".axis span").textContent !== before, all[0]);
  await page.click("#copy");
  assert.match(await page.textContent("#copy"), /copied/);
  assert.deepEqual(errors, []);
  await context.close();
}

async function worksByKeyboard(browser) {
  const {context, page, errors} = await opened(browser, "report.html");
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.id === "lanes")) break;
  }
  assert.equal(await page.evaluate(() => document.activeElement.id), "lanes", "Tab leads there");
  for (const seq of [40000, 70000, 99999]) {
    await page.keyboard.press("k");
    assert.match(await chosenOf(page), new RegExp(`^input ${seq}: .* kept its bytes$`));
  }
  await picture(page, "one-input");
  await page.keyboard.press("p");
  assert.match(await chosenOf(page), /^input 99998: .*, 5 bytes, left out $/);
  const near = await axisOf(page);
  assert.ok(parseFloat(near[1]) - parseFloat(near[0]) < 0.01, "one input fills the view");
  await page.keyboard.press("0");
  const all = await axisOf(page);
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowRight");
  assert.notDeepEqual(await axisOf(page), all);
  assert.deepEqual(errors, []);
  await context.close();
}

async function isWholeWithoutScripts(browser) {
  const {context, page} = await opened(browser, "report.html", {javaScriptEnabled: false});
  const drawn = await page.$$eval("#lanes .dropped", (paths) => paths.filter((p) => p.getAttribute("d")).length)
    .catch(() => -1);
  const html = await page.content();
  assert.ok(drawn > 10 || (html.match(/class="dropped" d="M/g) || []).length > 10);
  assert.ok(html.includes("SIGSEGV in ") && html.includes("What is left"));
  assert.ok(await page.locator(".tools").first().isHidden(), "what needs scripts does not show");
  await picture(page, "no-script");
  await context.close();
}

async function isFineOnPaper(browser) {
  const {context, page} = await opened(browser, "report.html");
  await page.emulateMedia({media: "print"});
  assert.ok(await page.locator(".tools").first().isHidden());
  assert.ok(await page.locator(".stack").isVisible());
  await page.setViewportSize({width: 794, height: 1123});
  await picture(page, "paper");
  await context.close();
}

async function fitsAndReads(browser, name, options) {
  const {context, page} = await opened(browser, "report.html", options);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wider <= 0, `${name}: the page is ${wider} px wider than the window`);
  const contrast = await page.evaluate(() => {
    const light = (color) => {
      const part = color.match(/\d+/g).slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
    };
    const paper = light(getComputedStyle(document.body).backgroundColor);
    return [...document.querySelectorAll("h1, dd, .faint, .names span, .stack li, .badge, a")]
      .map((e) => light(getComputedStyle(e).color))
      .map((ink) => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05))
      .reduce((a, b) => Math.min(a, b));
  });
  assert.ok(contrast >= 4.5, `${name}: contrast ${contrast.toFixed(2)}`);
  await picture(page, name);
  await context.close();
}

(async () => {
  const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: ["--no-sandbox"]});
  try {
    let slowest = 0;
    for (const name of ["report.html", "night.html"]) {
      const {context, page, ms} = await opened(browser, name);
      assert.ok((await lanesOf(page)).length > 10);
      slowest = Math.max(slowest, ms);
      await context.close();
    }
    await worksByMouse(browser);
    await worksByKeyboard(browser);
    await isWholeWithoutScripts(browser);
    await isFineOnPaper(browser);
    await fitsAndReads(browser, "light", {colorScheme: "light"});
    await fitsAndReads(browser, "dark", {colorScheme: "dark"});
    await fitsAndReads(browser, "narrow", {viewport: {width: 390, height: 844}});
    assert.ok(slowest < 2000, `a page took ${Math.round(slowest)} ms to open`);
    console.log(`report page: as promised; opened in at most ${Math.round(slowest)} ms`);
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
