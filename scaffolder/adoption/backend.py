"""What a build backend does for a Python project, and whether maturin can do the same."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.extensions import parse_python
from scaffolder.anatomy.manifests import table_of
from scaffolder.anatomy.project import read_requirement
from scaffolder.errors import ScaffolderError, listing
from scaffolder.files import Reader, is_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scaffolder.anatomy.manifests import Manifests

# The table with the settings of each backend that compiles nothing, from `pyproject.toml`.
TABLES = {
    "setuptools": ("tool", "setuptools"),
    "hatchling": ("tool", "hatch"),
    "flit_core": ("tool", "flit"),
    "poetry": ("tool", "poetry"),
    "uv_build": ("tool", "uv", "build-backend"),
}
REQUIREMENTS = {"setuptools", "wheel", "hatchling", "flit-core", "poetry-core", "uv-build"}
# Not about what is in the wheel.
HARMLESS = {
    "hatch.envs", "hatch.publish", "poetry.group", "poetry.dev-dependencies", "poetry.requires-poetry",
    "setuptools.include-package-data", "setuptools.zip-safe",
}  # fmt: skip
# About source distributions; maturin has settings of its own for those.
SOURCES = ("flit.sdist", "hatch.build.targets.sdist")
# `debug` is for cargo's profiles, which maturin has options for.
PORTABLE = {"target", "path", "binding", "debug"}
STAY = "leave out `--maturin`"
ASIDE = {"benchmarks", "docs", "examples", "scripts", "test", "tests"}


def find_package(manifests: Manifests) -> tuple[str, str]:
    """Return the folder of a project's Python package, and the package.

    Raises:
        ScaffolderError: There is none, or more than one.
    """
    for place in ("src", "python", "."):
        names = list(packages_in(manifests.folder / place))
        if len(names) == 1:
            return place, names[0]
        if names:
            raise ScaffolderError(
                f"`{manifests.folder / place}` has several packages: {listing(names, 'and')}",
                "an extension module goes into one; make the others projects of their own",
            )
    raise ScaffolderError(
        f"there is no Python package in `{manifests.folder}`",
        "a module in a single file can't hold an extension module: make it a folder with `__init__.py`",
    )


def packages_in(folder: Path) -> Iterator[str]:
    """Yield the packages in a folder that are no tests."""
    for entry in sorted(Reader().entries(folder), key=lambda entry: entry.name):
        if entry.name not in ASIDE and is_file(folder / entry.name / "__init__.py"):
            yield entry.name


def require_portable(manifests: Manifests, python: str, package: str, *, is_moved: bool = False) -> None:
    """Refuse a project whose build does what maturin has no counterpart for.

    Raises:
        ScaffolderError: It does; the error names it.
    """
    system = table_of(manifests.pyproject, "build-system")
    backend = str(system.get("build-backend", "setuptools.build_meta"))
    name = backend.partition(".")[0]
    if name not in TABLES or "backend-path" in system:
        raise refusal(manifests, f'`build-backend = "{backend}"`')
    for text in system.get("requires", []):
        requirement = read_requirement(text)
        if requirement is None or requirement.name not in REQUIREMENTS:
            raise refusal(manifests, f"`{text}` in `requires` of `[build-system]`")
    if dynamic := table_of(manifests.pyproject, "project").get("dynamic"):
        names = listing(map(str, dynamic), "and")
        raise refusal(
            manifests,
            f"what `[project]` leaves to the backend, {names}",
            f"write {names} in `[project]` of `{manifests.pyproject_path.name}`, and take `dynamic` out",
        )
    for setting in settings_of(manifests.pyproject, TABLES[name], python, package):
        raise refusal(manifests, f"`{setting}`")
    for file in () if is_moved else files_of(manifests.folder):
        raise refusal(manifests, f"`{file}`")


def require_movable(manifests: Manifests, python: str, package: str, *, is_moved: bool = False) -> None:
    """Refuse a project that setuptools-rust builds in a way that maturin has no counterpart for.

    Raises:
        ScaffolderError: It does; the error names it.
    """
    for text in table_of(manifests.pyproject, "build-system").get("requires", []):
        requirement = read_requirement(text)
        if requirement is None or requirement.name not in REQUIREMENTS | {"setuptools-rust"}:
            raise refusal(manifests, f"`{text}` in `requires` of `[build-system]`", STAY)
    for setting in settings_of(manifests.pyproject, TABLES["setuptools"], python, package):
        raise refusal(manifests, f"`{setting}`", STAY)
    tables = table_of(table_of(manifests.pyproject, "tool"), "setuptools-rust")
    for name in tables:
        if name != "ext-modules":
            raise refusal(manifests, f"`tool.setuptools-rust.{name}`", STAY)
    for setting in sorted({str(key) for table in tables.get("ext-modules", []) for key in table} - PORTABLE):
        raise refusal(manifests, f"`{setting}` in `[[tool.setuptools-rust.ext-modules]]`", STAY)
    for file in files_of(manifests.folder):
        if not is_moved:
            raise refusal(manifests, f"`{file}`", STAY)


def refusal(
    manifests: Manifests,
    what: str,
    hint: str = "do without it, or make the Rust half a project of its own with `pyo3-new new`",
) -> ScaffolderError:
    """Return the error for something that maturin can't take over."""
    return ScaffolderError(
        f"the build of `{manifests.folder}` depends on {what}, which maturin has no counterpart for", hint
    )


def settings_of(pyproject: dict[str, Any], path: tuple[str, ...], python: str, package: str) -> Iterator[str]:
    """Yield the settings of a backend that say more than where the package is."""
    table = pyproject
    for key in path:
        table = table_of(table, key)
    owner = path[1] if len(path) == 2 else ".".join(path[1:])
    # What it says of fields counts only for those that `[project]` leaves to it.
    unused = () if table_of(pyproject, "project").get("dynamic") else ("setuptools.dynamic",)
    for name, value in flatten(table, owner):
        harmless = any(name == known or name.startswith(f"{known}.") for known in (*HARMLESS, *SOURCES, *unused))
        if not harmless and not says_where(name.removeprefix(f"{owner}."), value, python, package):
            yield f"tool.{name}"


def source_notes(manifests: Manifests) -> Iterator[str]:
    """Yield what to know of settings for source distributions that maturin does not read."""
    backend = str(table_of(manifests.pyproject, "build-system").get("build-backend", "setuptools"))
    names = [name for name, _ in flatten(table_of(manifests.pyproject, "tool"), "tool")]
    settings = [name for name in names if name.startswith(tuple(f"tool.{known}." for known in SOURCES))]
    if backend.startswith("setuptools") and is_file(manifests.folder / "MANIFEST.in"):
        settings.append("MANIFEST.in")
    for name in settings:
        yield f"maturin does not read `{name}`: its source distributions have what `[tool.maturin]` includes"


def flatten(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the settings in a table and the tables in it, by their dotted names."""
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, f"{prefix}.{key}")
        else:
            yield f"{prefix}.{key}", value


def says_where(name: str, value: Any, python: str, package: str) -> bool:
    """Whether a setting only says where the one package is, as maturin is told, too."""
    place = package if python == "." else f"{python}/{package}"
    root = "" if python == "." else python
    return (name, value) in (
        ("packages.find.where", [python]),
        ("package-dir.", root),
        ("packages", [package]),
        ("packages", [{"include": package, "from": python}]),
        ("packages", [{"include": package}]),
        ("build.targets.wheel.packages", [place]),
        # Maturin takes every file in the package that git does not ignore.
        (f"package-data.{package}", value),
        ("package-data.*", value),
        ("module.name", package),
        ("module-name", package),
        ("module-root", root),
    )


def files_of(folder: Path) -> Iterator[str]:
    """Yield the files with settings of setuptools that say something."""
    reader = Reader()
    script = reader.read(folder / "setup.py")
    if script is not None and not is_bare_call(script):
        yield "setup.py"
    configuration = reader.read(folder / "setup.cfg") or b""
    if any(line.strip() in {b"[metadata]", b"[options]"} for line in configuration.splitlines()):
        yield "setup.cfg"


def is_bare_call(script: bytes) -> bool:
    """Whether a `setup.py` only calls `setup()`."""
    tree = parse_python(script)
    if tree is None:
        return False
    calls = [node.value for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    rest = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom, ast.Expr))]
    return not rest and len(calls) == 1 and not calls[0].args and not calls[0].keywords
