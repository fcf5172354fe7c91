// Runs the project's tests in a Pyodide: the same under node and in a browser.

/**
 * @param pyodide What `loadPyodide` returned.
 * @param folder The address of `dist/wasm/`, with a slash at its end.
 * @param read Gets the bytes of an address.
 * @param options Options for pytest.
 * @returns pytest's exit code.
 */
export async function runSuite(pyodide, folder, read, options) {
  const { packages, wheels } = JSON.parse(new TextDecoder().decode(await read(`${folder}suite.json`)));
  const problems = [];
  const callbacks = { messageCallback() {}, errorCallback: (text) => problems.push(text) };
  await pyodide.loadPackage([...packages, ...wheels.map((wheel) => folder + wheel)], callbacks);
  if (problems.length > 0) {
    throw new Error(problems.join("\n"));
  }
  pyodide.unpackArchive(await read(`${folder}project.zip`), "zip", { extractDir: "/project" });
  pyodide.globals.set("options", pyodide.toPy(options));
  return pyodide.runPython(`
import os, sys, pytest
os.chdir("/project")
sys.path.insert(0, "/project/wasm")
# There is no second thread that could watch the time.
always = ["-p", "skips", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=0"]
int(pytest.main([*always, *options]))
`);
}
