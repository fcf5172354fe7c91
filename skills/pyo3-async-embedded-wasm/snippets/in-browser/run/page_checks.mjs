// The page, used in Chromium: its answer, its errors, its policy, and what it does offline.
import assert from "node:assert/strict";

const POLICY = "default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'";

// region: open
async function open(browser, address, query = "") {
  const page = await (await browser.newContext()).newPage();
  // On a busy machine Pyodide takes half a minute.
  page.setDefaultTimeout(180_000);
  await page.goto(`${address}web/${query}`);
  return page;
}
// endregion: open

async function checkUse(browser, address) {
  const page = await open(browser, address);
  // region: use
  await page.getByRole("button", { name: "Measure", disabled: false }).click();
  assert.equal(await page.locator("#status").textContent(), "Ready");
  await page.waitForFunction(() => document.querySelector("#result").textContent === "3.54");
  // endregion: use
  await page.context().close();
}

async function checkFailure(browser, address) {
  const page = await open(browser, address);
  await page.route("**/*.whl", (route) => route.abort());
  await page.reload();
  await page.waitForFunction(() => document.querySelector("#status").textContent.includes("could not be loaded"));
  assert.ok(await page.locator("button").isDisabled());
  await page.context().close();
}

async function checkPolicy(browser, address, headers) {
  headers["content-security-policy"] = POLICY;
  await checkUse(browser, address);
  headers["content-security-policy"] = "default-src 'self'; img-src data:";
  const page = await open(browser, address, "?limit=20000");
  await page.waitForFunction(() => document.querySelector("#status").textContent.includes("it took too long"));
  await page.context().close();
  delete headers["content-security-policy"];
}

async function checkOffline(browser, address) {
  const page = await open(browser, address, "?offline");
  await page.waitForFunction(() => document.body.dataset.offline === "ready");
  await page.context().setOffline(true);
  await page.reload();
  await page.getByRole("button", { name: "Measure", disabled: false }).click();
  await page.waitForFunction(() => document.querySelector("#result").textContent === "3.54");
  await page.context().close();
}

export async function checkPage(browser, address, headers) {
  await checkUse(browser, address);
  await checkFailure(browser, address);
  await checkPolicy(browser, address, headers);
  await checkOffline(browser, address);
  console.log("page: used, refused, restricted and offline: passed");
}
