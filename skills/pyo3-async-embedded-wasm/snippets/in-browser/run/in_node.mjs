// node run/in_node.mjs [PYTEST OPTIONS]
import { readFile } from "node:fs/promises";
import { loadPyodide } from "pyodide";
import { checkJavaScript } from "./javascript_checks.mjs";
import { runSuite } from "./suite.mjs";

// region: node
const folder = new URL("../dist/", import.meta.url).href;
const read = async (address) => new Uint8Array(await readFile(new URL(address)));

try {
  const pyodide = await loadPyodide();
  console.log(`Pyodide ${pyodide.version} under node ${process.version}`);
  process.exitCode = await runSuite(pyodide, folder, read, process.argv.slice(2));
  await checkJavaScript(pyodide);
} catch (error) {
  // The message only: node would print the line of Pyodide that threw it, which has a megabyte.
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
// endregion: node
