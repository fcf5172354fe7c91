// node run.mjs CONFIGURATION: loads wheels into Pyodide, imports a module and runs tests; writes what came of it.
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const { pyodide: folder, wheels, module, tests, options, output } = JSON.parse(await readFile(process.argv[2]));
const result = { step: "start", error: null, times: {}, code: null };
const timed = async (step, action) => {
  result.step = step;
  const start = performance.now();
  const value = await action();
  result.times[step] = performance.now() - start;
  return value;
};

try {
  const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
  const pyodide = await timed("start", () => loadPyodide());
  await timed("install", async () => {
    const problems = [];
    const callbacks = { messageCallback() {}, errorCallback: (text) => problems.push(text) };
    await pyodide.loadPackage(wheels.map((wheel) => pathToFileURL(wheel).href), callbacks);
    if (problems.length > 0) throw new Error(problems.join("\n"));
  });
  await timed("import", () => pyodide.pyimport(module));
  if (tests) {
    pyodide.FS.mkdirTree("/project");
    pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: tests }, "/project");
    pyodide.globals.set("options", pyodide.toPy(options));
    result.code = await timed("tests", () =>
      pyodide.runPython(`
import os, pytest
os.chdir("/project")
int(pytest.main(["-p", "no:cacheprovider", "-o", "faulthandler_timeout=0", *options]))
`),
    );
  }
} catch (error) {
  // Not its place: that would be a line of Pyodide with a megabyte.
  result.error = String(error.message ?? error);
}
await writeFile(output, JSON.stringify(result));
process.exit(0);
