// Loads Pyodide and the wheel that `site.json` names, and calls the package when the button is pressed.

const part = (id) => document.getElementById(id);

function show(state, text) {
  part("status").dataset.state = state;
  part("status").textContent = text;
}

/** Returns the line of an error that says what happened. */
function messageOf(error) {
  const lines = error.message.trim().split("\n");
  // In a Python traceback not simply the last: notes follow, such as PyO3's `while processing 'word'`.
  const headline = new RegExp(`^([\\w.<>]+\\.)?${error.type}(:|$)`);
  return lines.findLast((line) => headline.test(line)) ?? lines.at(-1);
}

function report(error) {
  part("problem").textContent = messageOf(error);
  part("problem").hidden = false;
  part("closest").textContent = "";
  part("distances").hidden = true;
}

async function load() {
  const response = await fetch("site.json");
  const { pyodide: address, wheel } = await response.json();
  const runtime = new URL(address, location.href);
  const { loadPyodide } = await import(new URL("pyodide.mjs", runtime));
  const pyodide = await loadPyodide({ indexURL: runtime.href });
  const problems = [];
  const callbacks = { messageCallback() {}, errorCallback: (text) => problems.push(text) };
  await pyodide.loadPackage(new URL(wheel, location.href).href, callbacks);
  if (problems.length > 0) {
    throw new Error(`${wheel}: ${problems.at(-1)}`);
  }
  show("ready", `Python ${pyodide.runPython("import platform; platform.python_version()")} is ready`);
  return pyodide.pyimport("demo_page");
}

function search(api, word, candidates) {
  const closest = api.closest(word, candidates);
  const rows = candidates.map((candidate) => [candidate, api.edit_distance(word, candidate)]);
  rows.sort(([, left], [, right]) => left - right);
  part("problem").hidden = true;
  part("closest").textContent = closest;
  part("distances").hidden = false;
  part("distances").tBodies[0].replaceChildren(
    ...rows.map((row) => {
      const line = document.createElement("tr");
      row.forEach((cell) => (line.insertCell().textContent = cell));
      return line;
    }),
  );
}

try {
  const api = await load();
  part("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const candidates = part("candidates").value.split("\n").map((line) => line.trim());
    try {
      search(api, part("word").value.trim(), candidates.filter(Boolean));
    } catch (error) {
      report(error);
    }
  });
  part("find").disabled = false;
} catch (error) {
  show("failed", "Python could not be loaded");
  report(error);
}
