// region: worker
import { loadPyodide } from "../pyodide/pyodide.mjs";
import { messageOf } from "./errors.mjs";

async function load() {
  const pyodide = await loadPyodide();
  const problems = [];
  const callbacks = { messageCallback() {}, errorCallback: (text) => problems.push(text) };
  await pyodide.loadPackage("browser-snippets", callbacks);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return pyodide.pyimport("browser_snippets.audio");
}
// endregion: worker

const audio = load();

self.onmessage = async ({ data: { id, samples } }) => {
  try {
    let loudness = 0;
    (await audio).scan(samples, samples.length, (_, value) => { loudness = value; });
    self.postMessage({ id, loudness });
  } catch (error) {
    // An `Error` of another thread loses its class; the text is enough.
    self.postMessage({ id, problem: messageOf(error) });
  }
};
