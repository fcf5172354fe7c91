"""`pyproject.toml` and `setup.py`, read once, with the place of the crate's `Cargo.toml`."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.extensions import Extension, read_extensions
from scaffolder.anatomy.patterns import has_member
from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.files import DEPTH_LIMIT, Reader, Unreadable, UnreadableFileError, is_folder, read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

REPAIR = "repair the file, then run the command again"
# Cargo reads TOML 1.1, Python's own reader and pip 1.0.
PLAIN = "repair the file; if cargo reads it, write each inline table on one line without a last comma, as in TOML 1.0"
TABLES = (
    "project", "build-system", "tool", "package", "lib", "features", "profile", "workspace", "dependencies", "target",
    "build-dependencies", "dev-dependencies", "tool.maturin", "tool.uv", "tool.setuptools-rust", "profile.*",
    "target.*", "workspace.package", "workspace.dependencies", "target.*.dependencies", "lints",
)  # fmt: skip
LISTS = (
    "build-system.requires", "project.dynamic", "tool.maturin.features", "tool.maturin.exclude", "tool.uv.cache-keys",
    "tool.maturin.python-packages", "tool.setuptools-rust.ext-modules", "lib.crate-type", "lib.crate_type",
    "features.*", "workspace.members", "workspace.exclude", "dependencies.*.features", "build-dependencies.*.features",
    "dev-dependencies.*.features", "workspace.dependencies.*.features", "target.*.*.*.features",
)  # fmt: skip
TEXTS = (
    "build-system.build-backend", "project.requires-python", "tool.maturin.manifest-path", "tool.maturin.module-name",
    "tool.maturin.python-source", "tool.maturin.bindings",
)  # fmt: skip
EXPECTED: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (dict, "table", TABLES), (list, "list", LISTS), (str, "string", TEXTS),
)  # fmt: skip
LONG_NUMBER = re.compile(r"\d{1000}")
PIN = ".python-version"
PIN_LIMIT = 64 * 1024
TOO_DEEP = "it is nested too deeply"
MARK = "\ufeff"  # a byte order mark, which some editors put before the text


@dataclass(frozen=True)
class Manifests:
    """What says how a project is built.

    Attributes:
        folder: The project's folder.
        pyproject: What its pyproject.toml says; empty if there is none.
        extensions: The modules that setuptools-rust is told to build.
        cargo_path: The Cargo.toml, where the build looks for it; none if the folder holds no crate.
        unreadable: The `setup.py`, if it is there and can't be read.
    """

    folder: Path
    pyproject: dict[str, Any]
    extensions: tuple[Extension, ...]
    cargo_path: Path | None
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def pyproject_path(self) -> Path:
        """The pyproject.toml, there or not."""
        return self.folder / "pyproject.toml"

    @property
    def maturin(self) -> dict[str, Any]:
        """The table `[tool.maturin]`."""
        settings: dict[str, Any] = self.pyproject.get("tool", {}).get("maturin", {})
        return settings

    def require_crate(self) -> Path:
        """Return the crate's Cargo.toml.

        Raises:
            UsageError: There is none.
        """
        if self.cargo_path is None:
            hint = "name the project's folder: `--project DIR`"
            raise UsageError(f"there is no `Cargo.toml` in `{self.folder}`", hint)
        return self.cargo_path


def read_manifests(folder: Path) -> Manifests:
    """Read what says how the project in a folder is built.

    Args:
        folder: The project's folder.

    Raises:
        ScaffolderError: Its pyproject.toml can't be read.
    """
    try:
        pyproject = read_toml(folder / "pyproject.toml")
    except UnreadableFileError as error:
        if not error.missing:
            raise
        pyproject = {}
    reader = Reader()
    extensions = tuple(read_extensions(reader.read(folder / "setup.py") or b"", pyproject))
    named = [
        pyproject.get("tool", {}).get("maturin", {}).get("manifest-path"),
        *(extension.manifest for extension in extensions),
    ]
    places = (folder / place for place in (*filter(None, named), "Cargo.toml", "rust/Cargo.toml"))
    # Anything that exists counts, even if it is not a regular file: reading it reports that.
    cargo = next((Path(os.path.normpath(place)) for place in places if _is_there(place)), None)
    return Manifests(folder, pyproject, extensions, cargo, tuple(reader.problems))


def choose(manifests: Manifests, cargo_path: Path) -> Manifests:
    """Put the extension modules of one crate first, if setuptools-rust builds several crates.

    Args:
        manifests: What says how the project is built.
        cargo_path: The crate's Cargo.toml.
    """
    chosen = [_cargo_path(manifests, extension) == cargo_path for extension in manifests.extensions]
    if not any(chosen):
        return manifests
    ordered = sorted(zip(chosen, manifests.extensions, strict=True), key=lambda pair: not pair[0])
    return replace(manifests, extensions=tuple(extension for _, extension in ordered), cargo_path=cargo_path)


def with_builder(crate: Manifests) -> Manifests:
    """Return the project above that tells setuptools-rust to build a crate; without one, what was read.

    Args:
        crate: What was read in the crate's folder.
    """
    if crate.pyproject or crate.extensions or crate.cargo_path is None:
        return crate
    for place in upwards(crate.folder.parent):
        try:
            above = read_manifests(place)
        except ScaffolderError:
            continue  # what lies above may be anybody's
        if any(_cargo_path(above, extension) == crate.cargo_path for extension in above.extensions):
            return choose(above, crate.cargo_path)
    return crate


def _cargo_path(manifests: Manifests, extension: Extension) -> Path:
    return Path(os.path.normpath(manifests.folder / extension.manifest))


def find_manifests(folder: Path) -> Manifests | None:
    """Read the nearest project at or above a folder; a crate without a pyproject.toml may be part of it.

    Args:
        folder: Where to begin.

    Raises:
        ScaffolderError: A manifest of the nearest one can't be read.
    """
    crate: Manifests | None = None
    for place in upwards(folder):
        try:
            manifests = read_manifests(place)
        except ScaffolderError:
            if crate is None and _is_there(place / "Cargo.toml"):
                raise
            continue  # what lies above is not this project's
        if manifests.cargo_path and manifests.pyproject:
            return manifests
        crate = crate or (manifests if manifests.cargo_path else None)
    return crate


def uv_root(folder: Path) -> Path:
    """Return the folder of uv's environment and lock file: the workspace's or the project's own.

    Args:
        folder: The project's folder.
    """
    for above in list(upwards(folder))[1:]:
        try:
            workspace = read_toml(above / "pyproject.toml").get("tool", {}).get("uv", {}).get("workspace")
        except ScaffolderError:
            continue
        if isinstance(workspace, dict) and has_member(above, workspace, folder):
            return above
    return folder


def read_pin(path: Path, reader: Reader) -> str | None:
    """Return the Python that `.python-version` asks for; a file that is not text is for uv to report.

    Args:
        path: The file.
        reader: What reads it.
    """
    try:
        lines = (reader.read(path, PIN_LIMIT) or b"").decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return None
    return next((line.strip() for line in lines if line.strip()[:1] not in {"", "#"}), None)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a pyproject.toml, a Cargo.toml or a configuration of cargo's.

    Raises:
        ScaffolderError: It can't be read, isn't TOML, or has something else where a table belongs.
    """
    data = parse_toml(path)
    if objection := _objection(data):
        raise UnreadableFileError(path, objection, REPAIR)
    for kind, word, names in EXPECTED:
        for name, value in (pair for wanted in names for pair in _at(data, wanted)):
            if not isinstance(value, kind):
                raise ScaffolderError(f"`{name}` in `{path}` must be a {word}, found `{_format_value(value)}`", REPAIR)
    return data


def table_of(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table, or an empty one if something else is there."""
    table = data.get(name)
    return table if isinstance(table, dict) else {}


def parse_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        UnreadableFileError: It can't be read, or isn't TOML.
        ScaffolderError: It is a pyproject.toml with a byte order mark.
    """
    try:
        text = read_regular(path).decode("utf-8")
        # Cargo reads past the mark; pip does not.
        if text.startswith(MARK) and path.name == "pyproject.toml":
            raise ScaffolderError(f"`{path}` begins with a byte order mark", "save it as UTF-8 without the mark")
        return tomllib.loads(text.removeprefix(MARK).replace("\r\n", "\n"))
    except (RecursionError, MemoryError) as error:
        raise UnreadableFileError(path, TOO_DEEP, REPAIR) from error
    except ValueError as error:
        is_crate = isinstance(error, tomllib.TOMLDecodeError) and path.name == "Cargo.toml"
        raise UnreadableFileError(path, str(error), PLAIN if is_crate else REPAIR) from error


def _objection(data: dict[str, Any]) -> str | None:
    """Return what is wrong with values that are valid TOML but break other code."""
    waiting: list[tuple[Any, int]] = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEPTH_LIMIT:
            return TOO_DEEP
        if isinstance(value, str) and "\0" in value:
            return "it has a NUL character"
        if isinstance(value, str) and LONG_NUMBER.search(value):
            return "it has a number of more than 1,000 digits"
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += [(part, depth + 1) for part in parts]
    return None


def _is_there(path: Path) -> bool:
    return os.path.lexists(path) and not is_folder(path)


def _at(data: dict[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    """Yield the values at a dotted name, where a star matches any part."""
    first, _, rest = name.partition(".")
    for key in data if first == "*" else [first] if first in data else []:
        value = data[key]
        if not rest:
            yield key, value
        elif isinstance(value, dict):
            yield from ((f"{key}.{inner}", within) for inner, within in _at(value, rest))


def _format_value(value: Any) -> str:
    text = str(value)
    return text if len(text) < 80 else f"{text[:80]}…"
