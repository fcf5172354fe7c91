// What the chapter on JavaScript claims, from JavaScript's side: the same under node and in a browser.
import { messageOf } from "../web/errors.mjs";

// region: normalise
/** Makes a recording as loud as it can be, in place. */
export function normalise(audio, recording) {
  const samples = audio.allocate(recording.length);
  try {
    const before = samples.getBuffer("f32");
    before.data.set(recording);
    before.release();
    const peak = audio.normalise(samples);
    // A new view: the call may have let the memory grow, and then the old one is empty.
    const after = samples.getBuffer("f32");
    recording.set(after.data);
    after.release();
    return peak;
  } finally {
    samples.destroy();
  }
}
// endregion: normalise

function assert(condition, message) {
  if (!condition) {
    throw new Error(`check failed: ${message}`);
  }
}

function thrown(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

const equal = (left, right) => assert(JSON.stringify(left) === JSON.stringify(right), `${JSON.stringify(left)} is not ${JSON.stringify(right)}`);

function checkValues({ javascript }) {
  const type = (value) => javascript.type_name(value);
  equal([true, 1, 2 ** 40, 1.5, "a", undefined].map(type), ["bool", "int", "int", "float", "str", "NoneType"]);
  equal([null, 5n, 2 ** 53].map(type), ["JsNull", "JsBigInt", "float"]);
  equal([[1], { a: 1 }, new Uint8Array(1), () => 1].map(type), ["JsProxy", "JsProxy", "JsProxy", "JsProxy"]);
  assert(javascript.next_number(undefined) === undefined, "None is undefined");
  equal(javascript.next_number(1n), 2);
  equal([3, 2].map((less) => typeof javascript.next_number(2 ** 53 - less)), ["number", "bigint"]);
  assert(messageOf(thrown(() => javascript.next_number(null))).startsWith("TypeError: "), "null is not None");
  assert(messageOf(thrown(() => javascript.next_number(2 ** 53))).startsWith("TypeError: "), "a float");
  assert(messageOf(thrown(() => javascript.count_bytes(new Uint8Array(1)))).startsWith("TypeError: "), "no bytes");
}

function checkCalls(pyodide, audio) {
  const { javascript } = pyodide.pyimport("browser_snippets._core");
  const parts = [];
  audio.scan([3, -4, 0, 0], 2, (number, loudness) => { parts.push([number, loudness]); });
  equal(parts.map(([number, loudness]) => [number, loudness.toFixed(2)]), [[0, "3.54"], [1, "0.00"]]);
  audio.scan(new Float32Array([1, 1]), 2, (number, loudness) => equal(loudness, 1));
  const fail = () => { throw new RangeError("too loud"); };
  javascript.show("Ready");
  assert(!globalThis.document || document.getElementById("status").textContent === "Ready", "Rust wrote into the page");
  const error = thrown(() => audio.scan([1], 1, fail));
  equal([error.type, messageOf(error)], ["JsException", "pyodide.ffi.JsException: RangeError: too loud"]);
  const wrong = thrown(() => audio.scan(["loud"], 1, fail));
  assert(messageOf(wrong).startsWith("TypeError: ") && wrong.message.includes("\nwhile processing 'samples'"), wrong.message);
  const panic = thrown(() => pyodide.pyimport("browser_snippets._core").building_wasm.mean([]));
  equal([panic.type, messageOf(panic)], ["PanicException", "pyo3_runtime.PanicException: no samples"]);
}

function checkBuffers(pyodide, audio) {
  const recording = new Float32Array([1, -4, 2, 0]);
  equal([normalise(audio, recording), [...recording]], [4, [0.25, -1, 0.5, 0]]);
  const samples = audio.allocate(4);
  const buffer = samples.getBuffer("f32");
  equal([buffer.data.constructor.name, buffer.data.length], ["Float32Array", 4]);
  assert(messageOf(thrown(() => samples.append(1))).startsWith("BufferError: "), "no new size while there is a view");
  pyodide.runPython("large = bytearray(500_000_000)\ndel large");
  equal(buffer.data.length, 0);
  buffer.release();
  samples.destroy();
  const direct = thrown(() => audio.normalise(recording));
  assert(messageOf(direct) === "TypeError: a bytes-like object is required, not 'pyodide.ffi.JsProxy'", direct.message);
}

/** A page writes into this memory while a worker computes; here it has done so before. */
function checkInterrupts(pyodide) {
  const { missing_parts: missingParts } = pyodide.pyimport("browser_snippets._core");
  const { count } = missingParts;
  const buffer = new Uint8Array(1);
  equal(count(1_000), 1_000);
  pyodide.setInterruptBuffer(buffer);
  buffer[0] = 2;
  equal([thrown(() => count(1_000)).type, buffer[0]], ["KeyboardInterrupt", 0]);
  pyodide.setInterruptBuffer(undefined);
}

async function checkProxies(pyodide) {
  const proxy = pyodide.runPython("{'level': [1, 2]}");
  equal([proxy.get("level").toJs(), proxy.toJs()], [[1, 2], { level: [1, 2] }]);
  proxy.destroy();
  assert(thrown(() => proxy.get("level")).message.includes("already been destroyed"), "destroyed");
  const { greeting } = pyodide.pyimport("browser_snippets._core").missing_parts;
  equal(await greeting("Ada"), "Hello, Ada");
}

/** Runs `tests/async_checks.py`: under node pytest can't wait for a coroutine. */
async function checkPromises(pyodide) {
  const names = await pyodide.runPythonAsync(`
import sys
sys.path.insert(0, "/suite/tests")
import async_checks
await async_checks.run()
`);
  console.log(`async: ${names} passed`);
}

export async function checkJavaScript(pyodide) {
  const audio = pyodide.pyimport("browser_snippets.audio");
  checkValues(pyodide.pyimport("browser_snippets._core"));
  checkCalls(pyodide, audio);
  checkBuffers(pyodide, audio);
  checkInterrupts(pyodide);
  await checkProxies(pyodide);
  await checkPromises(pyodide);
  console.log("javascript: passed");
}
