// Loads Pyodide and the wheel that `site.json` names, and filters a photo as the sliders say.
import { paintSample } from "./sample.mjs";

// Larger photos are made smaller: the page should answer while a slider moves.
const LARGEST = 1200;
const part = (id) => document.getElementById(id);
const names = { "black-and-white": "Black and white" };

function show(state, text) {
  part("status").dataset.state = state;
  part("status").textContent = text;
}

function report(error) {
  // Of a Python traceback the last line says what happened.
  part("problem").textContent = String(error.message ?? error).trim().split("\n").at(-1);
  part("problem").hidden = false;
}

async function load() {
  const { pyodide: address, wheel } = await (await fetch("site.json")).json();
  const runtime = new URL(address, location.href);
  const { loadPyodide } = await import(new URL("pyodide.mjs", runtime));
  const pyodide = await loadPyodide({ indexURL: runtime.href });
  const problems = [];
  const callbacks = { messageCallback() {}, errorCallback: (text) => problems.push(text) };
  await pyodide.loadPackage(new URL(wheel, location.href).href, callbacks);
  if (problems.length > 0) {
    throw new Error(`${wheel}: ${problems.at(-1)}`);
  }
  const version = pyodide.runPython("import platform; platform.python_version()");
  show("ready", `Python ${version} is ready; the photo is not uploaded anywhere`);
  return { pyodide, api: pyodide.pyimport("photo_filters") };
}

/** Calls `use` with a Python object, and destroys it: JavaScript's garbage collector would do so late or never. */
function withProxy(proxy, use) {
  try {
    return use(proxy);
  } finally {
    proxy.destroy();
  }
}

/** Returns the pixels of an image with the filters applied, or its PNG file if that is wanted. */
function filter({ pyodide, api }, image, amounts, asFile) {
  // A JavaScript array has no buffer for Rust to read; its copy in Python has.
  let photo = withProxy(pyodide.toPy(image.data), (pixels) => api.Photo(image.width, image.height, pixels));
  for (const [name, amount] of amounts) {
    photo = withProxy(photo, (before) => before.apply(name, amount));
  }
  return withProxy(photo, () =>
    withProxy(asFile ? photo.to_png() : photo.pixels(), (bytes) => {
      // A copy: the memory that it lies in belongs to Python.
      const view = bytes.getBuffer("u8clamped");
      const data = view.data.slice();
      view.release();
      return data;
    }),
  );
}

function addSlider(name, least, most, change) {
  const row = document.createElement("label");
  const title = document.createElement("span");
  title.textContent = names[name] ?? name[0].toUpperCase() + name.slice(1);
  const value = document.createElement("output");
  const slider = Object.assign(document.createElement("input"), { type: "range", id: name, value: 0 });
  Object.assign(slider, { min: least, max: most, step: most > 10 ? 1 : 0.05, value: 0 });
  slider.addEventListener("input", change);
  row.append(title, value, slider);
  part("filters").append(row);
  return { name, slider, value };
}

async function readFile(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
  const before = part("before");
  before.width = Math.round(bitmap.width * scale);
  before.height = Math.round(bitmap.height * scale);
  const paint = before.getContext("2d", { willReadFrequently: true });
  paint.drawImage(bitmap, 0, 0, before.width, before.height);
  return paint.getImageData(0, 0, before.width, before.height);
}

let image = paintSample(part("before"));
part("after").getContext("2d").putImageData(image, 0, 0);
const divide = () => part("before").style.setProperty("--split", `${part("split").value}%`);
part("split").addEventListener("input", divide);

try {
  const python = await load();
  const rows = withProxy(python.api.FILTERS, (filters) => filters.toJs({ dict_converter: Array.from }));
  let waiting = false;

  const chosen = () => sliders.map(({ name, slider }) => [name, Number(slider.value)]).filter(([, amount]) => amount);
  const render = () => {
    waiting = false;
    part("problem").hidden = true;
    try {
      const start = performance.now();
      const data = filter(python, image, chosen(), false);
      const time = performance.now() - start;
      const after = part("after");
      Object.assign(after, { width: image.width, height: image.height });
      after.getContext("2d").putImageData(new ImageData(data, image.width, image.height), 0, 0);
      part("time").textContent = `${image.width} × ${image.height} in ${time.toFixed(0)} ms`;
      part("after").dataset.renders = Number(part("after").dataset.renders ?? 0) + 1;
    } catch (error) {
      report(error);
    }
  };
  // One picture a frame, however fast the slider moves.
  const change = () => {
    sliders.forEach(({ slider, value }) => (value.textContent = slider.value));
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(render);
    }
  };
  const sliders = rows.map(([name, [least, most]]) => addSlider(name, least, most, change));
  const open = async (file) => {
    try {
      image = await readFile(file);
      change();
    } catch {
      report(`${file.name} is no photo that this browser can read`);
    }
  };

  part("file").addEventListener("change", () => part("file").files[0] && open(part("file").files[0]));
  part("controls").addEventListener("dragover", (event) => event.preventDefault());
  part("controls").addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
  part("reset").addEventListener("click", () => {
    sliders.forEach(({ slider }) => (slider.value = 0));
    change();
  });
  part("save").addEventListener("click", () => {
    URL.revokeObjectURL(part("save").href);
    const file = new Blob([filter(python, image, chosen(), true)], { type: "image/png" });
    part("save").href = URL.createObjectURL(file);
  });
  for (const id of ["file", "filters", "reset"]) part(id).disabled = false;
  part("save").hidden = false;
  part("save").href = "#";
  change();
} catch (error) {
  show("failed", "Python could not be loaded");
  part("controls").hidden = true;
  report(error);
}
