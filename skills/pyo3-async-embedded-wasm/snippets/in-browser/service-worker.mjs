// region: service-worker
// One cache a release: the name is all that makes a browser fetch anew.
const CACHE = "loudness-0.1.0";
const FILES = ["web/", "web/page.mjs", "web/worker.mjs", "web/errors.mjs"];
const PYODIDE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];

async function install() {
  const lock = await (await fetch("pyodide/pyodide-lock.json")).json();
  const wheel = lock.packages["browser-snippets"].file_name;
  const cache = await caches.open(CACHE);
  // All or nothing: if one file is missing, the old release stays.
  await cache.addAll([...FILES, ...[...PYODIDE, wheel].map((name) => `pyodide/${name}`)]);
}

async function answer(request) {
  return (await caches.match(request, { ignoreSearch: true })) ?? fetch(request);
}
// endregion: service-worker

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
