// node check_imports.mjs MODULE: what an extension module imports, Pyodide must have.
// The linker leaves this open, and the loader finds out when the function is first called.
import { readFile } from "node:fs/promises";

const compile = async (path) => new WebAssembly.Module(await readFile(path));
const pyodide = await compile(new URL("node_modules/pyodide/pyodide.asm.wasm", import.meta.url));
const extension = await compile(process.argv[2]);

const names = (entries) => entries.map(({ name }) => name);
const known = new Set([
  ...names(WebAssembly.Module.exports(pyodide)),
  ...names(WebAssembly.Module.imports(pyodide)),
  ...names(WebAssembly.Module.exports(extension)),
  // Made by the loader for each module.
  ...["memory", "__indirect_function_table", "__stack_pointer", "__memory_base", "__table_base"],
]);
const imports = WebAssembly.Module.imports(extension);
const missing = imports.filter(({ name }) => !known.has(name));

console.log(`module: ${imports.length} imports, ${missing.length} missing in Pyodide`);
if (missing.length > 0) {
  console.error("error: Pyodide has no", names(missing).join(", "));
  console.error("\nhint: build with the tools of this release of Pyodide; leave out what needs more");
  process.exit(1);
}
