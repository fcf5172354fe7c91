"""Measure three kinds of WebAssembly: what has to be there, and the time to the first answer.

`python build.py`, then `python measure_kinds.py COMPONENT` with `wasmtime` installed and the component of the example
`03-component`.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from array import array
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent / "core"))

from run_core import loudness
from wasmtime import Config, Engine, Store, WasiConfig, component

if TYPE_CHECKING:
    from collections.abc import Callable

DIST = Path(__file__).parent / "dist"
ROUNDS = 3


def main(script: Path) -> None:
    """Print a table: sizes in kB, times in seconds."""
    core = DIST / "core/wasm32-wasip1/release/loudness.wasm"
    pyodide = [path for path in (DIST / "pyodide").iterdir() if path.suffix != ".whl"]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}, shortest of {ROUNDS}")
    print(f"\n{'':<36}{'size':>10}{'gzip':>10}{'start':>10}")
    row("core module in wasmtime", [core], lambda: loudness(core, array("f", [1.0])))
    # The first round fills the cache, so the shortest doesn't compile.
    row("component with Python, from the cache", [script], lambda: run_component(script))
    row("Pyodide under node", pyodide, run_pyodide)
    row("  the wheel, in addition", sorted((DIST / "pyodide").glob("*.whl")), None)


def row(name: str, files: list[Path], work: Callable[[], object] | None) -> None:
    """Print a line of the table."""
    size = sum(path.stat().st_size for path in files) / 1000
    small = sum(len(gzip.compress(path.read_bytes())) for path in files) / 1000
    time = f"{min(once(work) for _ in range(ROUNDS)):>10.2f}" if work else ""
    print(f"{name:<38}{size:>8.0f}{small:>10.0f}{time}", flush=True)


def once(work: Callable[[], object]) -> float:
    """Return the time that a piece of work takes, in seconds."""
    start = perf_counter()
    work()
    return perf_counter() - start


def run_component(path: Path) -> object:
    """Compile a component, or take it from the cache, start it, and call it."""
    config = Config()
    config.cache = True
    store = Store(Engine(config))
    store.set_wasi(WasiConfig())
    linker = component.Linker(store.engine)
    linker.add_wasip2()
    with linker.root() as root:
        root.add_func("edit-distance", lambda _, left, right: abs(len(left) - len(right)))
    instance = linker.instantiate(store, component.Component.from_file(store.engine, str(path)))
    return instance.get_func(store, "correct")(store, "words", ["word"])


def run_pyodide() -> None:
    """Start Pyodide under node, load the wheel, and call it."""
    program = (
        "const { loadPyodide } = await import(process.argv[1]);"
        "const pyodide = await loadPyodide();"
        "await pyodide.loadPackage('browser-snippets', { messageCallback() {} });"
        "pyodide.pyimport('browser_snippets.audio').scan([1], 1, () => {});"
    )
    command = ["node", "--input-type=module", "--eval", program, str(DIST / "pyodide/pyodide.mjs")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
