// node test_page.mjs: opens the page, presses its button, and reads what it shows.
import assert from "node:assert/strict";
import path from "node:path";
import { dist, withBrowser } from "./browser.mjs";

const picture = (page, name) => page.screenshot({ path: path.join(dist, `wasm/${name}.png`) });

await withBrowser(async (page, address) => {
  await page.goto(`${address}web/`);
  await page.locator("#find:enabled").click();
  assert.equal(await page.locator("#closest").textContent(), "python");
  const nearest = page.locator("#distances tbody tr").first();
  assert.deepEqual(await nearest.locator("td").allTextContents(), ["python", "2"]);
  await picture(page, "page");

  await page.locator("#candidates").fill("");
  await page.locator("#find").click();
  const problem = page.locator("#problem");
  assert.equal(await problem.textContent(), "demo_page.errors.NoCandidatesError: no candidates to choose from");
  assert.ok(await problem.isVisible());
  await picture(page, "page-error");

  // Half of a character can't become a `&str`, and PyO3 adds a note to the error.
  await page.locator("#word").evaluate((word) => (word.value = "\ud800"));
  await page.locator("#candidates").fill("python");
  await page.locator("#find").click();
  assert.match(await problem.textContent(), /^UnicodeEncodeError: .+ surrogates not allowed$/);

  await page.route("**/*.whl", (route) => route.abort());
  await page.reload();
  await page.locator("#status[data-state=failed]").waitFor();
  assert.match(await problem.textContent(), /\.whl: Failed to fetch$/);
  assert.ok(await problem.isVisible());
  assert.ok(await page.locator("#find").isDisabled());
  await picture(page, "page-failed");
});
console.log("page: the button finds a word, and errors are shown; pictures are in dist/wasm/");
