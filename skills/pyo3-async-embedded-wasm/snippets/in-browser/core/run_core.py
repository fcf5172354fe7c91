"""Run the core module from Python: `python run_core.py MODULE`."""

from __future__ import annotations

import sys
from array import array
from pathlib import Path

from wasmtime import Engine, Linker, Module, Store, WasiConfig


# region: host
def loudness(module: Path, samples: array[float]) -> float:
    """Ask the module, in a store of its own."""
    store = Store(Engine())
    # No files, no arguments, no environment: what a module may do, its host grants.
    store.set_wasi(WasiConfig())
    linker = Linker(store.engine)
    linker.define_wasi()
    exports = linker.instantiate(store, Module.from_file(store.engine, str(module))).exports(store)
    place = exports["reserve"](store, len(samples))
    exports["memory"].write(store, samples.tobytes(), place)
    return float(exports["loudness"](store, place, len(samples)))


# endregion: host


if __name__ == "__main__":
    print(f"{loudness(Path(sys.argv[1]), array('f', [3.0, -4.0, 3.0, -4.0])):.3f}")
