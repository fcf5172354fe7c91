"""A PyO3 project, read once."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from doctor.layout import Layout, find_source, read_layout, rust_files
from doctor.manifests import Crate, Dependency, read_crate, read_toml
from doctor.rust_source import Module, Source, read_source
from doctor.versions import Line, line_of, pyo3_line
from doctor.workflows import Workflow, read_workflows
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doctor.cargo import Graph

BUILDERS = ("maturin", "setuptools-rust")
OTHER_BINDINGS = {"bin", "cffi", "uniffi"}


@dataclass(frozen=True)
class Project:
    """What a project's files say.

    Attributes:
        folder: Where it is.
        pyproject_path: Its pyproject.toml, there or not.
        pyproject: What that says.
        crate: Its Rust crate.
        sources: The crate's Rust files.
        layout: Its Python side.
        builder: `maturin` or `setuptools-rust`, if it is one of them.
        python_version: What `.python-version` asks for.
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
    sources: dict[Path, Source]
    layout: Layout
    builder: str | None
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
        return {} if found is None and (self.folder / "uv.lock").is_file() else found

    @property
    def build_requirements(self) -> list[Requirement]:
        """What is installed to build the project."""
        return [found for text in self.pyproject.get("build-system", {}).get("requires", []) if (found := _parse(text))]

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
        """Whether Python loads it as a module made with PyO3."""
        return self.pyo3 is not None and self.maturin.get("bindings") not in OTHER_BINDINGS

    @property
    def line(self) -> Line | None:
        """The release line of PyO3, if it is a known one."""
        if self.pyo3 is None:
            return None
        locked = self.crate.lock.get(self.pyo3.name, ())
        return pyo3_line(line_of(f"={locked[-1]}" if locked else self.pyo3.requirement))

    @property
    def pyo3_features(self) -> tuple[str, ...]:
        """The features of PyO3 that a build has switched on."""
        return tuple(dict.fromkeys(name for name, _ in self.feature_places()))

    def feature_places(self) -> Iterator[tuple[str, str]]:
        """Yield the features of PyO3 that are switched on, and the table where each is."""
        for dependency in self.crate.dependencies:
            if dependency.name in {"pyo3", "pyo3-ffi"} and dependency.kind != "dev-dependencies":
                yield from ((feature, "dependencies") for feature in dependency.features)
        for feature in self._switched_on():
            owner, _, name = feature.partition("/")
            if name and owner.rstrip("?") in {"pyo3", "pyo3-ffi"}:
                yield name, "features"

    def _switched_on(self) -> list[str]:
        """Return the crate's features that maturin builds with, and all that those lead to."""
        named: dict[str, list[str]] = self.crate.data.get("features", {})
        waiting = ["default", *self.maturin.get("features", [])]
        found: list[str] = []
        while waiting:
            feature = waiting.pop()
            if feature not in found:
                found.append(feature)
                waiting += named.get(feature, [])
        return found

    def show(self, path: Path) -> str:
        """Return a path as seen from the project."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)


def _parse(text: str) -> Requirement | None:
    """Read a requirement; what isn't one is left to the builder, which says so."""
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    found.name = canonicalize_name(found.name)
    return found


def find_manifest(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return a project's Cargo.toml, where its build looks for it, and its pyproject.toml.

    Raises:
        ScaffolderError: Its pyproject.toml can't be read.
        UsageError: There is none.
    """
    path = folder / "pyproject.toml"
    pyproject = read_toml(path) if path.is_file() else {}
    named = [pyproject.get("tool", {}).get("maturin", {}).get("manifest-path"), *(p for _, p in _extensions(folder))]
    for candidate in (*filter(None, named), "Cargo.toml", "rust/Cargo.toml"):
        if (folder / candidate).is_file():
            return folder / candidate, pyproject
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
    manifest, pyproject = find_manifest(folder)
    crate = read_crate(manifest)
    settings = pyproject.get("tool", {}).get("maturin", {})
    targets = [target for target, _ in _extensions(folder)]
    module = settings.get("module-name") or (targets[0] if targets else crate.library_name)
    source = find_source(folder, settings, str(pyproject.get("project", {}).get("name", "")))
    if targets and (folder / "src" / module.partition(".")[0] / "__init__.py").is_file():
        source = folder / "src"  # where setuptools looks by itself
    layout = read_layout((folder, crate.folder), module, source)
    pin = folder / ".python-version"
    return Project(
        folder=folder,
        pyproject_path=folder / "pyproject.toml",
        pyproject=pyproject,
        crate=crate,
        sources={path: read_source(path) for path in rust_files(crate.folder)},
        layout=layout,
        builder=_builder(pyproject),
        python_version=_first_word(pin) if pin.is_file() else None,
        workflows=read_workflows(folder),
        cached_files=_cached_files(folder, pyproject),
        excluded=dict(_excluded(folder, settings)),
        graph=graph,
        profiles=dict(_profiles(layout, crate, graph)),
        packages_elsewhere=() if layout.package else tuple(_packages(folder, module.partition(".")[0])),
        neighbours=tuple(_neighbours(crate, graph)),
    )


def _builder(pyproject: dict[str, Any]) -> str | None:
    """Return what builds the project."""
    system = pyproject.get("build-system", {})
    names = [found.name for text in system.get("requires", []) if (found := _parse(text))]
    if str(system.get("build-backend", "")).startswith("maturin") or "maturin" in pyproject.get("tool", {}):
        return "maturin"
    return next((name for name in BUILDERS if name in names), None)


def _extensions(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the modules that setuptools-rust builds, and their Cargo.toml."""
    path = folder / "pyproject.toml"
    tables = read_toml(path).get("tool", {}).get("setuptools-rust", {}) if path.is_file() else {}
    for table in tables.get("ext-modules", []):
        yield str(table.get("target", "")), str(table.get("path", "Cargo.toml"))
    script = folder / "setup.py"
    if not script.is_file() or b"RustExtension" not in (text := script.read_bytes()):
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return  # Python will say so
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("RustExtension"):
            values = [*node.args, *(word.value for word in node.keywords)][:2]
            words = [each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            manifests = [word for word in words[1:] if word.endswith(".toml")]
            yield (words or [""])[0], (manifests or ["Cargo.toml"])[0]


def _first_word(path: Path) -> str | None:
    """Return the version that `.python-version` asks for."""
    words = [
        line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()[:1] not in {"", "#"}
    ]
    return words[0] if words else None


def _cached_files(folder: Path, pyproject: dict[str, Any]) -> frozenset[Path] | None:
    """Return the files that uv watches; none if it isn't told which."""
    keys = pyproject.get("tool", {}).get("uv", {}).get("cache-keys")
    if keys is None:
        return None
    patterns = [str(key["file"]) for key in keys if isinstance(key, dict) and "file" in key]
    # A file that is named is watched whether it is there yet or not.
    found = {path for pattern in patterns for path in [folder / pattern, *folder.glob(pattern)]}
    return frozenset(found)


def _excluded(folder: Path, settings: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield the files that maturin leaves out of wheels, with the pattern."""
    for given in settings.get("exclude", []):
        table = given if isinstance(given, dict) else {"path": given}
        formats = table.get("format", "wheel")
        if formats == "wheel" or "wheel" in formats:
            yield from ((path, str(table["path"])) for path in folder.glob(str(table.get("path", "")) or "."))


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
    if graph is None:
        return
    home = crate.workspace_path.parent.resolve()
    for path in graph.builds(f"lib{crate.library_name}.d"):
        _, _, listed = path.read_text(encoding="utf-8", errors="replace").partition(": ")
        sources = [source.replace("\0", " ") for source in listed.replace("\\ ", "\0").split()]
        # Crates that lie elsewhere are listed, too, beside the project's own.
        if sources and not any((graph.root / source).resolve().is_relative_to(home) for source in sources):
            yield sources[0]
