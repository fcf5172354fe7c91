// node test_in_node.mjs [PYTEST OPTIONS]: the project's tests in Pyodide under node.
import { readFile } from "node:fs/promises";
import { loadPyodide } from "pyodide";
import { runSuite } from "./suite.mjs";

const folder = new URL("../dist/wasm/", import.meta.url).href;
const read = async (address) => new Uint8Array(await readFile(new URL(address)));

try {
  const pyodide = await loadPyodide();
  console.log(`Pyodide ${pyodide.version} under node ${process.version}`);
  process.exitCode = await runSuite(pyodide, folder, read, process.argv.slice(2));
} catch (error) {
  // Not the whole of it: node would print the line of Pyodide that it comes from, which has a megabyte.
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
