// Loads Python in a worker, which computes; the page itself never stands still.

const part = (name) => document.querySelector(name);

// region: ask
const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
const waiting = new Map();

/** Sends samples to the worker and returns a promise of their loudness. */
function ask(samples) {
  return new Promise((resolve, reject) => {
    const id = crypto.randomUUID();
    waiting.set(id, { resolve, reject });
    // The buffer moves to the worker; nothing is copied, and here it is empty afterwards.
    worker.postMessage({ id, samples }, [samples.buffer]);
  });
}

worker.onmessage = ({ data: { id, loudness, problem } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (problem) reject(new Error(problem));
  else resolve(loudness);
};
// endregion: ask

// region: start
const LIMIT = Number(new URLSearchParams(location.search).get("limit") ?? 180_000);

async function start() {
  const failed = new Promise((_, reject) => {
    worker.onerror = (event) => reject(new Error(event.message ?? "the worker can't be loaded"));
    // Where a policy forbids WebAssembly, `loadPyodide` neither returns nor throws.
    setTimeout(reject, LIMIT, new Error("it took too long"));
  });
  // The first question has an answer as soon as everything is loaded.
  await Promise.race([ask(new Float32Array([1])), failed]);
  part("#status").textContent = "Ready";
  part("button").disabled = false;
}

start().catch((error) => {
  part("#status").textContent = `Python could not be loaded: ${error.message}. Try again, or use the command line.`;
});
// endregion: start

part("#form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const samples = Float32Array.from(part("#samples").value.split("\n"), Number);
  const answer = await ask(samples).then((loudness) => loudness.toFixed(2), (error) => error.message);
  part("#result").textContent = answer;
});

if ("serviceWorker" in navigator && new URLSearchParams(location.search).has("offline")) {
  // region: register
  await navigator.serviceWorker.register(new URL("../service-worker.mjs", import.meta.url), { type: "module" });
  // endregion: register
  await navigator.serviceWorker.ready;
  document.body.dataset.offline = "ready";
}
