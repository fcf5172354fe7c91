"""What a wheel for Pyodide holds, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.tags import compatible_tags, cpython_tags

from scaffolder.errors import listing
from scaffolder.runtime.units import bytes_of
from scaffolder.toolkit import Finding, Table, by_level, reference
from scaffolder.tools.wasm_builder.tools import PAGE, SKILL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.wasm.pyodide import Pyodide
    from scaffolder.wasm.wheels import Module, Wheel

PUBLISHING = reference(SKILL, "publishing-wasm")
LARGEST = 15
# What nobody needs who runs a module: names of functions, and where they came from.
DEBUGGING = ("name", ".debug_", "sourceMappingURL", "external_debug_info")
MUCH = 50_000
DYLINK = "dylink.0"


def find(wheel: Wheel, pyodide: Pyodide | None) -> tuple[Finding, ...]:
    """Return what is wrong with a wheel, the most serious first.

    Args:
        wheel: The wheel.
        pyodide: The release to compare its imports with, if there is one.
    """
    findings = [*_check_tags(wheel)]
    for module in wheel.modules:
        findings += [*_check_module(module), *_check_size(module), *_check_imports(wheel, module, pyodide)]
    return by_level(findings)


def _check_tags(wheel: Wheel) -> Iterator[Finding]:
    tags, where = listing(sorted(map(str, wheel.tags)), "and"), wheel.path.name
    abi = wheel.abi
    if not any(platform.startswith("pyemscripten_") for platform in wheel.platforms):
        message = f"package indexes accept only `pyemscripten_…_wasm32` for WebAssembly, and its tag is {tags}"
        fix = "Build it with maturin 1.14 or newer, with MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION set"
        yield Finding("platform-tag", "warning", message, where, fix=fix, reference=PUBLISHING)
    if abi is None:
        return
    version = tuple(map(int, abi.python_series.split(".")))
    name, platforms = f"cp{version[0]}{version[1]}", sorted(wheel.platforms)
    accepted = {*cpython_tags(version, [name], platforms), *compatible_tags(version, name, platforms)} & wheel.tags
    if accepted:
        installed = listing(sorted(map(str, accepted)), "and")
        message = f"Pyodide {abi.pyodide} with Python {abi.python_series} installs {installed}"
        yield Finding("python-tag", "ok", message, where)
    else:
        message = f"no Pyodide installs it: its tag is {tags}, and the ABI {abi.name} has Python {abi.python_series}"
        fix = "Build it for that Python, or for the stable ABI"
        yield Finding("python-tag", "error", message, where, fix=fix, reference=PUBLISHING)
    yield from _check_names(wheel.modules, abi.python_series)


def _check_names(modules: tuple[Module, ...], series: str) -> Iterator[Finding]:
    """Yield the modules whose names are those of another Python, where there is none for this one."""
    suffix = f".cpython-{series.replace('.', '')}-wasm32-emscripten.so"
    suitable = {module.import_name for module in modules if module.path.endswith((suffix, ".abi3.so"))}
    for module in modules:
        if module.extension and module.import_name not in suitable:
            message = f"Python {series} does not import it: its name is that of another Python's modules"
            fix = f"Build it for Python {series}: its name then ends in `{suffix}` or `.abi3.so`"
            yield Finding("module-name", "warning", message, module.path, fix=fix, reference=PUBLISHING)


def _check_module(module: Module) -> Iterator[Finding]:
    binary, where = module.binary, module.path
    if DYLINK not in binary.custom_sections:
        message = f"it is no side module: the section `{DYLINK}` is missing, and Pyodide can't load it"
        fix = "Link it with `-sSIDE_MODULE=2`, as maturin does"
        yield Finding("side-module", "error", message, where, fix=fix, reference=PAGE)
    if any(entry.shared for entry in binary.imports):
        message = "it can't be loaded: it shares its memory with threads, and Pyodide's memory is not shared"
        page = reference(SKILL, "missing-parts")
        yield Finding("shared-memory", "error", message, where, fix="Build it without `-pthread`", reference=page)
    starts = {f"PyInit_{module.extension}", f"PyInitU_{module.extension}", f"PyModExport_{module.extension}"}
    if module.extension and module.extension.isascii() and not starts & set(binary.exports):
        message = f"Python can't import it: it does not export `PyInit_{module.extension}`"
        fix = "Give the library, `#[pymodule]` and `module-name` in pyproject.toml one name"
        page = reference("pyo3-fundamentals", "troubleshooting", "import")
        yield Finding("init", "error", message, where, fix=fix, reference=page)


def _check_size(module: Module) -> Iterator[Finding]:
    sizes = module.binary.sizes
    left = {name: size for name, size in sizes.items() if name.removeprefix("custom ").startswith(DEBUGGING)}
    if sum(left.values()) > MUCH:
        message = f"{bytes_of(sum(left.values()))} of {bytes_of(module.size)} are only for debugging"
        lines = "\n".join(f"{name}: {bytes_of(size)}" for name, size in left.items())
        fix = 'Set `strip = "symbols"` in the profile `release`'
        yield Finding("debugging", "note", message, module.path, lines, fix, PAGE)
    size, count = sizes.get("export", 0), len(module.binary.exports)
    if module.extension and size > MUCH:
        message = f"it exports {count:,} symbols in {bytes_of(size)}, and Python needs one"
        fix = "Link it with `-sSIDE_MODULE=2`, as `pyodide build --exports pyinit` does"
        yield Finding("exports", "note", message, module.path, fix=fix, reference=PAGE)


def _check_imports(wheel: Wheel, module: Module, pyodide: Pyodide | None) -> Iterator[Finding]:
    absent = sorted(set(module.binary.libraries) - {other.path.rpartition("/")[2] for other in wheel.modules})
    if pyodide is None:
        return
    if absent:
        cause = f"it also needs {listing(absent, 'and')}, which the wheel does not hold"
        yield Finding("not-compared", "note", "the imports were not compared with Pyodide", module.path, cause=cause)
        return
    beside = {name for other in wheel.modules for name in other.binary.exports}
    missing = pyodide.missing(module.binary, beside)
    count = len(module.binary.imports)
    if missing:
        message = f"Pyodide {pyodide.version} lacks {len(missing)} of the {count:,} symbols that it imports"
        cause = "the linker does not check this; data that is missing fails at the import, a function when it is called"
        fix = "Build it with the Emscripten and Rust of this Pyodide; leave out what needs more"
        yield Finding("imports", "error", message, module.path, "\n".join(missing[:20]), fix, PAGE, cause)
    else:
        message = f"Pyodide {pyodide.version} has all {count:,} symbols that it imports"
        yield Finding("imports", "ok", message, module.path)


def tables(wheel: Wheel, *, in_full: bool) -> Iterator[Table]:
    """Yield what a wheel holds."""
    rows = []
    for module in wheel.modules:
        counts = (f"{len(module.binary.imports):,}", f"{len(module.binary.exports):,}")
        rows.append((module.path, bytes_of(module.size), bytes_of(module.compressed), *counts))
    yield Table(f"Modules of {wheel.path.name}", ("module", "size", "in the wheel", "imports", "exports"), tuple(rows))
    for module in wheel.modules if in_full else wheel.modules[:1]:
        name = module.path.rpartition("/")[2]
        yield sizes_table(f"Sections of {name}", module.binary.sizes, module.size)
        if functions := module.binary.functions:
            yield sizes_table(f"Crates of {name}", module.binary.crates, module.size)
            yield sizes_table(f"Largest functions of {name}", functions, module.size)


def sizes_table(title: str, sizes: dict[str, int], whole: int) -> Table:
    """Return the largest sizes, and their shares."""
    entries = list(sizes.items())
    rows = [(name, bytes_of(size), f"{size / whole:.1%}") for name, size in entries[:LARGEST]]
    if rest := entries[LARGEST:]:
        size = sum(size for _, size in rest)
        rows.append((f"{len(rest):,} more", bytes_of(size), f"{size / whole:.1%}"))
    return Table(title, ("", "size", "share"), tuple(rows))
