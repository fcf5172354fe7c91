// Runs the tests inside a Pyodide: the same under node and in a browser.

// region: suite
/** Loads the wheel, unpacks tests and pytest, and returns pytest's exit code. */
export async function runSuite(pyodide, folder, read, options) {
  const { wheel } = JSON.parse(new TextDecoder().decode(await read(`${folder}suite.json`)));
  const problems = [];
  // Without the callback a wheel that can't be loaded is only a line on the console.
  const callbacks = { messageCallback() {}, errorCallback: (text) => problems.push(text) };
  await pyodide.loadPackage(folder + wheel, callbacks);
  if (problems.length > 0) {
    throw new Error(problems.join("\n"));
  }
  pyodide.unpackArchive(await read(`${folder}suite.zip`), "zip", { extractDir: "/suite" });
  pyodide.globals.set("options", pyodide.toPy(options));
  return pyodide.runPythonAsync(`
import os, sys
os.chdir("/suite")
sys.path.insert(0, "/suite/tools")
import pytest
int(pytest.main(["-p", "no:cacheprovider", *options]))
`);
}
// endregion: suite
