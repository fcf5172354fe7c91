// node test_in_node.mjs: the tests of Python in Pyodide under node, by a runner of a few lines instead of pytest's plugins.
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

const folder = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const wheels = (await readdir(folder("dist/wasm"))).filter((name) => name.endsWith(".whl"));
const tools = (await readdir(folder("dist/wasm/tools"))).map((name) => `tools/${name}`);

const pyodide = await loadPyodide();
const problems = [];
const callbacks = { messageCallback() {}, errorCallback: (text) => problems.push(text) };
const addresses = [...wheels, ...tools].map((name) => `file://${folder("dist/wasm")}/${name}`);
await pyodide.loadPackage(addresses, callbacks);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
pyodide.FS.mkdir("/tests");
pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: folder("tests") }, "/tests");
console.log(`Pyodide ${pyodide.version} under node ${process.version}`);
process.exitCode = pyodide.runPython(`
import os, pytest
os.chdir("/")
# There is no second thread; a page and a type checker need processes.
options = ["-p", "no:cacheprovider", "-o", "faulthandler_timeout=0", "-k", "not threads"]
int(pytest.main([*options, "/tests/test_photo_filters.py", "/tests/test_command.py"]))
`);
