"""A release of Pyodide: found beside the project or in the cache, or fetched by npm; and what modules can import."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.machine.programs import run
from scaffolder.wasm.binary import read_binary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.wasm.binary import Binary
    from scaffolder.wasm.releases import Abi

# What the loader makes for each module, or leaves to it: `isInternalSym` in pyodide.asm.mjs.
INTERNAL = {
    "memory", "__memory_base", "__table_base", "__stack_pointer", "__indirect_function_table", "__cpp_exception",
    "__c_longjmp", "__wasm_apply_data_relocs", "__dso_handle", "__tls_size", "__tls_align", "__set_stack_limits",
    "_emscripten_tls_init", "__wasm_init_tls", "__wasm_call_ctors", "__start_em_asm", "__stop_em_asm", "__start_em_js",
    "__stop_em_js",
}  # fmt: skip
OWN_SCRIPT = "__em_js__"


@dataclass(frozen=True)
class Pyodide:
    """A release of Pyodide.

    Attributes:
        folder: The npm package.
        version: `314.0.7`.
        abi: `2026_0`.
    """

    folder: Path
    version: str
    abi: str

    @cached_property
    def symbols(self) -> set[str]:
        """All that modules can import: of its own module, and of its JavaScript.

        Every word of the script counts, as it lists its functions under their names: rather one too many than a
        symbol that is said to be missing and isn't.
        """
        binary = read_binary((self.folder / "pyodide.asm.wasm").read_bytes())
        script = next(self.folder.glob("pyodide.asm.*js")).read_text(encoding="utf-8")
        words = set(re.findall(r"[A-Za-z_$][\w$]*", script))
        return {*binary.exports, *(entry.name for entry in binary.imports), *words, *(word[1:] for word in words)}

    def missing(self, binary: Binary, beside: set[str]) -> list[str]:
        """Return the symbols that a module imports and that are nowhere.

        Args:
            binary: The module.
            beside: What the other modules of its wheel export.
        """
        own = {*binary.exports, *(name.removeprefix(OWN_SCRIPT) for name in binary.exports), *beside, *INTERNAL}
        return sorted({entry.name for entry in binary.imports} - own - self.symbols)


def read_pyodide(folder: Path) -> Pyodide | None:
    """Return the release in a folder, if there is one."""
    try:
        package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        lock = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))
        pyodide = Pyodide(folder, package["version"], lock["info"]["abi_version"])
    except (OSError, ValueError, KeyError):
        return None
    return pyodide if (folder / "pyodide.asm.wasm").is_file() else None


def find_pyodide(abi: Abi, named: Path | None, project: Path | None) -> Pyodide | None:
    """Return the release that was named, or else one of the ABI that is installed for the project or in the cache.

    Raises:
        UsageError: There is none in the folder that was named, or it has another ABI.
    """
    if named:
        pyodide = read_pyodide(named)
        if pyodide is None:
            raise UsageError(f"there is no Pyodide in `{named}`", "name the folder with `pyodide.asm.wasm`")
        if pyodide.abi != abi.name:
            message = f"the Pyodide in `{named}` has the ABI `{pyodide.abi}`, not `{abi.name}`"
            raise UsageError(message, f"name a copy of Pyodide {abi.pyodide}")
        return pyodide
    releases = (read_pyodide(folder) for folder in (*_installed(project), _cached(abi)))
    return next((pyodide for pyodide in releases if pyodide and pyodide.abi == abi.name), None)


def fetch_pyodide(abi: Abi, environment: Mapping[str, str]) -> Pyodide:
    """Fetch the ABI's release by npm, into the cache.

    Raises:
        ScaffolderError: npm is missing, or fails.
    """
    place = _cached(abi)
    package = place.parents[1]
    package.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(package)]
    done = run([*command, f"pyodide@{abi.pyodide}"], environment, package, timeout=None, quiet=False)
    pyodide = read_pyodide(place)
    if done is None or done.code or pyodide is None:
        reason = done.errors.strip().splitlines()[-1:] if done else ["npm is not installed"]
        text = f"Pyodide {abi.pyodide} can't be fetched: {''.join(reason) or 'npm failed'}"
        raise ScaffolderError(text, "install Node.js with npm, or name a copy: `--pyodide DIR`")
    return pyodide


def _installed(project: Path | None) -> Iterator[Path]:
    """Yield where npm has installed it for a project."""
    for folder in (project, project / "wasm") if project else ():
        yield folder / "node_modules/pyodide"


def cache_folder() -> Path:
    """Return the folder for what is fetched and compiled."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "pyo3-new/wasm_builder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / "pyo3-new-wasm_builder"
    return folder


def _cached(abi: Abi) -> Path:
    return cache_folder() / f"pyodide-{abi.pyodide}/node_modules/pyodide"
