// node test_page.mjs: opens the page, moves its sliders, opens and saves photos, and looks at the pixels.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { dist, withBrowser } from "./browser.mjs";

const picture = (page, name) => page.screenshot({ path: path.join(dist, `wasm/${name}.png`), fullPage: true });
const pixel = (page, id, x, y) =>
  page.evaluate(
    ([id, x, y]) => [...document.getElementById(id).getContext("2d").getImageData(x, y, 1, 1).data],
    [id, x, y],
  );
const renders = async (page) => Number(await page.locator("#after").getAttribute("data-renders"));

/** Moves sliders, and waits until the photo has been filtered. */
async function set(page, amounts) {
  const before = await renders(page);
  await page.evaluate((amounts) => {
    for (const [id, value] of Object.entries(amounts)) {
      const slider = document.getElementById(id);
      slider.value = value;
      slider.dispatchEvent(new Event("input"));
    }
  }, amounts);
  await page.waitForFunction((before) => document.getElementById("after").dataset.renders > before, before);
}

await withBrowser(async (page, address) => {
  await page.setViewportSize({ width: 1180, height: 860 });
  await page.goto(`${address}web/`);
  await page.locator("#status[data-state=ready]").waitFor({ timeout: 120_000 });
  assert.equal(await page.locator("#filters input").count(), 6);
  assert.deepEqual(await pixel(page, "after", 300, 400), await pixel(page, "before", 300, 400));

  await set(page, { "black-and-white": 1 });
  const [red, green, blue] = await pixel(page, "after", 500, 120);
  assert.ok(red === green && green === blue);
  await page.locator("#reset").click();
  await set(page, { sepia: 0.7, contrast: 0.25, sharpen: 1.5, vignette: 0.8 });
  assert.match(await page.locator("#time").textContent(), /^720 × 480 in \d+ ms$/);
  await picture(page, "page");

  const saved = page.waitForEvent("download");
  await page.locator("#save").click();
  const file = await (await saved).path();
  const shown = await pixel(page, "after", 200, 300);
  await page.locator("#reset").click();
  await page.locator("#file").setInputFiles({ name: "saved.png", mimeType: "image/png", buffer: await readFile(file) });
  await page.waitForFunction((shown) => {
    const paint = document.getElementById("after").getContext("2d");
    return String([...paint.getImageData(200, 300, 1, 1).data]) === String(shown);
  }, shown);

  const text = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no photo") };
  await page.locator("#file").setInputFiles(text);
  const problem = page.locator("#problem:not([hidden])");
  await problem.waitFor();
  assert.equal(await problem.textContent(), "notes.txt is no photo that this browser can read");
  await picture(page, "page-error");

  await page.setViewportSize({ width: 400, height: 900 });
  await page.emulateMedia({ colorScheme: "dark" });
  await set(page, { blur: 6 });
  await picture(page, "page-narrow");

  await page.route("**/*.whl", (route) => route.abort());
  await page.reload();
  await page.locator("#status[data-state=failed]").waitFor({ timeout: 120_000 });
  assert.match(await page.locator("#problem").textContent(), /\.whl: Failed to fetch$/);
  assert.ok(await page.locator("#file").isDisabled());
  await picture(page, "page-failed");
});
console.log("page: photos are filtered, opened and saved, and errors are shown; pictures are in dist/wasm/");
