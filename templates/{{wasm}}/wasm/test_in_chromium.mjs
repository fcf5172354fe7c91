// node test_in_chromium.mjs [PYTEST OPTIONS]: the project's tests in Pyodide in Chromium.
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { dist, withBrowser } from "./browser.mjs";

const suite = fileURLToPath(new URL("suite.mjs", import.meta.url));
await copyFile(suite, path.join(dist, "wasm/suite.mjs"));

const code = await withBrowser(async (page, address, version) => {
  page.on("console", (message) => console.log(message.text()));
  page.on("pageerror", (error) => console.error(error));
  await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
  await page.goto(`${address}wasm/suite.json`);
  return page.evaluate(
    async ([address, version, options]) => {
      const { loadPyodide } = await import(`${address}wasm/pyodide/pyodide.mjs`);
      const { runSuite } = await import(`${address}wasm/suite.mjs`);
      const pyodide = await loadPyodide();
      // pytest prints a line piece by piece, and the console takes whole lines.
      let rest = "";
      const decoder = new TextDecoder();
      const write = (bytes) => {
        const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
        rest = lines.pop();
        lines.forEach((line) => console.log(line));
        return bytes.length;
      };
      pyodide.setStdout({ write });
      pyodide.setStderr({ write });
      console.log(`Pyodide ${pyodide.version} in Chromium ${version}`);
      const read = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
      return runSuite(pyodide, `${address}wasm/`, read, options);
    },
    [address, version, process.argv.slice(2)],
  );
});
process.exit(code);
