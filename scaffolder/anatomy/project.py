"""A PyO3 project, read once."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from scaffolder.anatomy.extensions import Extension, read_extensions
from scaffolder.anatomy.layout import Layout, find_setuptools_source, find_source, read_layout, rust_files
from scaffolder.anatomy.manifests import Crate, Dependency, crates_by_path, read_crate, read_toml
from scaffolder.anatomy.patterns import left_out, watched_files
from scaffolder.anatomy.uv_workspace import uv_root
from scaffolder.anatomy.versions import Line, allowed_lines, line_of, pyo3_line
from scaffolder.anatomy.workflows import Workflow, read_workflows
from scaffolder.errors import UsageError
from scaffolder.rust.modules import Module, Source, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.machine.cargo import Graph

BUILDERS = ("maturin", "setuptools-rust")
OTHER_BINDINGS = {"bin", "cffi", "uniffi"}
PIN = ".python-version"
ABOVE = 3  # folders, up to where a path is shown from the project
PYO3_CRATES = {"pyo3", "pyo3-ffi"}


@dataclass(frozen=True)
class Project:
    """What a project's files say.

    Attributes:
        folder: Where it is.
        pyproject_path: Its pyproject.toml, there or not.
        pyproject: What that says.
        crate: Its Rust crate.
        crates: The crates that are built along with it, because it depends on them by a path.
        sources: The crate's Rust files.
        layout: Its Python side.
        extensions: The modules that setuptools-rust is told to build.
        builder: `maturin` or `setuptools-rust`, if it is one of them.
        uses_uv: Whether there is a lock file of uv's.
        pin: The `.python-version`, of the project or of its workspace of uv's; there or not.
        python_version: What that asks for.
        workflows: What runs on GitHub.
        cached_files: The files that uv watches, if it is told which.
        excluded: The files that maturin is told to leave out of wheels, with the pattern that does.
        graph: What cargo says, if it could be asked.
        profiles: Which profile each built extension module comes from, if it can be told.
        packages_elsewhere: The usual folders that have the module's package, if it isn't where it is looked for.
        neighbours: Source files of other projects whose library of the same name is in the target folder.
    """

    folder: Path
    pyproject_path: Path
    pyproject: dict[str, Any]
    crate: Crate
    crates: tuple[Path, ...]
    sources: dict[Path, Source]
    layout: Layout
    extensions: tuple[Extension, ...]
    builder: str | None
    uses_uv: bool
    pin: Path
    python_version: str | None
    workflows: tuple[Workflow, ...]
    cached_files: frozenset[Path] | None
    excluded: dict[Path, str]
    graph: Graph | None
    profiles: dict[Path, str]
    packages_elsewhere: tuple[str, ...]
    neighbours: tuple[str, ...]

    @property
    def metadata(self) -> dict[str, Any]:
        """The table `[project]`."""
        found: dict[str, Any] = self.pyproject.get("project", {})
        return found

    @property
    def maturin(self) -> dict[str, Any]:
        """The table `[tool.maturin]`."""
        found: dict[str, Any] = self.pyproject.get("tool", {}).get("maturin", {})
        return found

    @property
    def uv(self) -> dict[str, Any] | None:
        """The table `[tool.uv]`, if uv is used here and builds the project."""
        found: dict[str, Any] | None = self.pyproject.get("tool", {}).get("uv")
        if found and found.get("package") is False:
            return None
        return {} if found is None and self.uses_uv else found

    @property
    def build_requirements(self) -> list[Requirement]:
        """What is installed to build the project."""
        return [
            found
            for text in self.pyproject.get("build-system", {}).get("requires", [])
            if (found := read_requirement(text))
        ]

    @property
    def builds_by_requirement(self) -> bool:
        """Whether maturin or setuptools-rust is asked for, in a release that may be raised."""
        return any(each.name == self.builder for each in self.build_requirements)

    @property
    def requires_python(self) -> SpecifierSet | None:
        """The Pythons that the project says it supports."""
        try:
            return SpecifierSet(self.metadata["requires-python"])
        except (KeyError, InvalidSpecifier):
            return None

    @property
    def modules(self) -> tuple[Module, ...]:
        """The Python modules in Rust."""
        return tuple(module for source in self.sources.values() for module in source.modules)

    @property
    def pyo3(self) -> Dependency | None:
        """What the crate asks of PyO3, or of its C half alone."""
        return self.crate.dependency("pyo3") or self.crate.dependency("pyo3-ffi")

    @property
    def is_extension(self) -> bool:
        """Whether Python loads it as a module made with PyO3: a program may have a Python in it instead."""
        if self.pyo3 is None or self.maturin.get("bindings") in OTHER_BINDINGS:
            return False
        return bool(self.builder or self.extensions or self.modules or "cdylib" in self.crate.library_types)

    @property
    def line(self) -> Line | None:
        """The release line of PyO3, if it is a known one."""
        if self.pyo3 is None:
            return None
        # Another crate may bring another PyO3 along.
        allowed = allowed_lines(self.pyo3.requirement)
        locked = [line_of(f"={version}") for version in self.crate.lock.get(self.pyo3.name, ())]
        own = [line for line in locked if not allowed or line in allowed]
        return pyo3_line(own[-1] if own else line_of(self.pyo3.requirement))

    @property
    def pyo3_features(self) -> tuple[str, ...]:
        """The features of PyO3 that a build has switched on."""
        return tuple(dict.fromkeys(name for crate, name in self.features_of_crates() if crate in PYO3_CRATES))

    @property
    def may_be_abi3(self) -> bool:
        """Whether a feature of the crate, which a build may ask for, leads to the stable ABI."""
        asked = [*(str(each) for named in self._named_features().values() for each in named), *self._switched_on()]
        parts = (self._of_crate(feature) for feature in asked)
        found = [name for crate, name in parts if crate in PYO3_CRATES]
        return any(name.startswith("abi3") for name in (*found, *self.pyo3_features))

    def features_of_crates(self) -> Iterator[tuple[str, str]]:
        """Yield the features that a build switches on in the crates it asks for, each with the crate."""
        for dependency in self.crate.dependencies:
            if dependency.kind != "dev-dependencies":
                yield from ((dependency.name, feature) for feature in dependency.features)
        yield from (self._of_crate(feature) for feature in self._switched_on() if "/" in feature)

    def _of_crate(self, feature: str) -> tuple[str, str]:
        """Return what `py/abi3` switches on: a crate may have another name here."""
        owner, _, name = feature.partition("/")
        names = {each.key: each.name for each in self.crate.dependencies}
        return names.get(owner.rstrip("?"), owner.rstrip("?")), name

    def _named_features(self) -> dict[str, list[str]]:
        """Return the crate's own features."""
        found: dict[str, list[str]] = self.crate.data.get("features", {})
        return found

    def _switched_on(self) -> list[str]:
        """Return the crate's features that maturin builds with, and all that those lead to."""
        named = self._named_features()
        waiting = ["default", *map(str, self.maturin.get("features", []))]
        found: list[str] = []
        while waiting:
            feature = waiting.pop()
            if feature not in found:
                found.append(feature)
                waiting += map(str, named.get(feature, []))
        return found

    def show(self, path: Path) -> str:
        """Return a path as seen from the project."""
        if path.is_relative_to(self.folder):
            return path.relative_to(self.folder).as_posix()
        # A workspace's and a repository's files lie above, and beside.
        beside = path.is_relative_to(self.folder.parents[min(ABOVE, len(self.folder.parents)) - 1])
        beside = beside or path.is_relative_to(self.crate.workspace_path.parent)
        return Path(os.path.relpath(path, self.folder)).as_posix() if beside else str(path)


def read_requirement(text: object) -> Requirement | None:
    """Read a requirement; what isn't one is left to the builder, which says so."""
    try:
        found = Requirement(str(text))
    except InvalidRequirement:
        return None
    found.name = canonicalize_name(found.name)
    return found


def find_manifest(folder: Path) -> tuple[Path, dict[str, Any], tuple[Extension, ...]]:
    """Return a project's Cargo.toml, where its build looks for it, and what says so: pyproject.toml and setup.py.

    Raises:
        ScaffolderError: Its pyproject.toml can't be read.
        UsageError: There is none.
    """
    path = folder / "pyproject.toml"
    pyproject = read_toml(path) if path.is_file() else {}
    settings = pyproject.get("tool", {}).get("maturin", {})
    extensions = tuple(read_extensions(folder, pyproject))
    named = [settings.get("manifest-path"), *(each.manifest for each in extensions)]
    for candidate in (*filter(None, named), "Cargo.toml", "rust/Cargo.toml"):
        if (folder / candidate).is_file():
            return Path(os.path.normpath(folder / candidate)), pyproject, extensions
    raise UsageError(f"there is no `Cargo.toml` in `{folder}`", "name the project's folder: `--project DIR`")


def has_crate(folder: Path) -> bool:
    """Tell whether a folder holds a project with Rust in it."""
    try:
        find_manifest(folder)
    except UsageError:
        return False
    return True


def read_project(folder: Path, graph: Graph | None = None) -> Project:
    """Read a project.

    Args:
        folder: Where its pyproject.toml is.
        graph: What cargo says of it.

    Raises:
        ScaffolderError: A file can't be read.
    """
    manifest, pyproject, extensions = find_manifest(folder)
    crate = read_crate(manifest, graph.root if graph and not graph.problem else None)
    settings = pyproject.get("tool", {}).get("maturin", {})
    targets = [each.target for each in extensions if each.target]
    module = settings.get("module-name") or (targets[0] if targets else crate.library_name)
    source = find_source(folder, settings, str(pyproject.get("project", {}).get("name", "")))
    if targets:
        source = find_setuptools_source(folder, pyproject, module.partition(".")[0])
    layout = read_layout((folder, crate.folder), module, source)
    root = uv_root(folder)
    pin = next((pin for pin in (folder / PIN, root / PIN) if pin.is_file()), folder / PIN)
    return Project(
        folder=folder,
        pyproject_path=folder / "pyproject.toml",
        pyproject=pyproject,
        crate=crate,
        crates=tuple(each.folder for each in crates_by_path(crate)),
        sources={path: read_source(path) for path in rust_files(crate.folder)},
        layout=layout,
        extensions=extensions,
        builder=_builder(pyproject),
        uses_uv=(root / "uv.lock").is_file(),
        pin=pin,
        python_version=_first_line(pin),
        workflows=read_workflows(folder),
        cached_files=watched_files(folder, pyproject),
        excluded=dict(left_out(folder, settings, layout.types)),
        graph=graph,
        profiles=dict(_profiles(layout, crate, graph)),
        packages_elsewhere=() if layout.package else tuple(_packages(folder, module.partition(".")[0])),
        neighbours=tuple(_neighbours(crate, graph)),
    )


def _builder(pyproject: dict[str, Any]) -> str | None:
    """Return what builds the project."""
    system = pyproject.get("build-system", {})
    names = [found.name for text in system.get("requires", []) if (found := read_requirement(text))]
    if str(system.get("build-backend", "")).startswith("maturin"):
        return "maturin"
    # A table may be left of a builder that was used before.
    tables = ["maturin"] if "maturin" in pyproject.get("tool", {}) else []
    return next((name for name in (*names, *tables) if name in BUILDERS), None)


def _first_line(path: Path) -> str | None:
    """Return the version that `.python-version` asks for; what is no text is left to uv, which says so."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((line.strip() for line in lines if line.strip()[:1] not in {"", "#"}), None)


def _packages(folder: Path, name: str) -> Iterator[str]:
    """Yield the usual folders for Python that have a package of this name."""
    yield from (usual for usual in ("python", "src") if (folder / usual / name / "__init__.py").is_file())


def _profiles(layout: Layout, crate: Crate, graph: Graph | None) -> Iterator[tuple[Path, str]]:
    """Tell by their bytes which of the target folder's builds the extension modules are."""
    if graph is None or not layout.libraries:
        return
    name = crate.library_name
    for built in graph.builds(f"lib{name}.so", f"lib{name}.dylib", f"{name}.dll"):
        for library in layout.libraries:
            if library.stat().st_size == built.stat().st_size and _digest(library) == _digest(built):
                yield library, built.parent.name


def _digest(path: Path) -> str:
    """Return what tells one file from another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _neighbours(crate: Crate, graph: Graph | None) -> Iterator[str]:
    """Return sources of other projects that made a library of this name in the target folder."""
    home = crate.workspace_path.parent.resolve()
    # Nobody else builds in a folder of the project; what its files name has been moved along with it.
    if graph is None or graph.target.resolve().is_relative_to(home):
        return
    for path in graph.builds(f"lib{crate.library_name}.d"):
        _, _, listed = path.read_text(encoding="utf-8", errors="replace").partition(": ")
        sources = [source.replace("\0", " ") for source in listed.replace("\\ ", "\0").split()]
        there = [source for source in sources if (graph.root / source).exists()]
        # Crates that lie elsewhere are listed, too, beside the project's own.
        if there and not any((graph.root / source).resolve().is_relative_to(home) for source in there):
            yield there[0]
