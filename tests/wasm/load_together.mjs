// node load_together.mjs WHEEL...: two extensions in one interpreter, and a panic in one of them.
import { pathToFileURL } from "node:url";
import { loadPyodide } from "pyodide";

const pyodide = await loadPyodide();
const wheels = process.argv.slice(2).map((path) => pathToFileURL(path).href);
await pyodide.loadPackage(wheels, { messageCallback() {} });
const script = `
import browser_wasm, browser_classes_wasm
from collections.abc import Sequence
from browser_classes_wasm.ledger import Currency, Money

print(browser_wasm.closest("hat", ["cat", "house"]))
print(Money(1250, Currency("EUR")))

class Words(Sequence):
    def __init__(self, error):
        self.error = error
    def __iter__(self):
        raise self.error
    __getitem__ = __len__ = None

for package in (browser_wasm, browser_classes_wasm):
    try:
        package.closest("hat", Words(ZeroDivisionError()))
    except ZeroDivisionError:
        pass
# One or two of them: the loader lets modules share what has the same name in both, like a static of pyo3's.
panics = [cls for cls in BaseException.__subclasses__() if cls.__name__ == "PanicException"]
for package in (browser_wasm, browser_classes_wasm):
    for cls in panics:
        panic = cls("on purpose")
        try:
            package.closest("hat", Words(panic))
        except cls as raised:
            if raised is not panic:
                print(package.__name__)
print(browser_classes_wasm.closest("hat", ["cat", "house"]))
`;
try {
  pyodide.runPython(script);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
