// node run/in_chromium.mjs [PYTEST OPTIONS]
import { withBrowser } from "./browser.mjs";
import { checkPage } from "./page_checks.mjs";

await withBrowser(async (browser, address, headers, server) => {
  console.log(`Chromium ${browser.version()}`);
  const page = await browser.newPage();
  page.on("console", (message) => console.log(message.text()));
  // region: chromium
  await page.goto(`${address}web/empty.html`);
  const run = async ([address, options]) => {
    const { loadPyodide } = await import(`${address}pyodide/pyodide.mjs`);
    const { runSuite } = await import(`${address}run/suite.mjs`);
    const { checkJavaScript } = await import(`${address}run/javascript_checks.mjs`);
    // `print` of Python goes to the console, a line a message.
    const pyodide = await loadPyodide();
    const read = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
    const code = await runSuite(pyodide, address, read, options);
    await checkJavaScript(pyodide);
    return code;
  };
  process.exitCode = await page.evaluate(run, [address, process.argv.slice(2)]);
  // endregion: chromium
  await page.close();
  await checkPage(browser, address, headers, server);
});
