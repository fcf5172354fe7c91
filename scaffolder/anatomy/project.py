"""A PyO3 project, read once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from scaffolder.anatomy.crates import Crate, Dependency, crates_by_path, read_crate
from scaffolder.anatomy.layout import Layout, find_setuptools_source, find_source, read_layout, rust_files
from scaffolder.anatomy.manifests import PIN, Manifests, read_manifests, read_pin, table_of, uv_root
from scaffolder.anatomy.patterns import PathPatterns, excluded_files, watched_files
from scaffolder.anatomy.versions import ReleaseSeries, allowed_series, series_named, series_of
from scaffolder.anatomy.workflows import Workflow, read_workflows
from scaffolder.files import Reader, Unreadable, is_file, real
from scaffolder.rust.modules import NativeModule, Source, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.anatomy.extensions import Extension
    from scaffolder.machine.cargo import CargoMetadata

BUILDERS = ("maturin", "setuptools-rust")
OTHER_BINDINGS = {"bin", "cffi", "uniffi"}
REQUIREMENT_LIMIT = 1_000  # what is longer is cut, and then not valid
ABOVE = 3  # folders, up to where a path is shown from the project
PYO3_CRATES = {"pyo3", "pyo3-ffi"}


@dataclass(frozen=True)
class Project:
    """What a project's files say.

    Attributes:
        manifests: What says how it is built.
        crate: Its Rust crate.
        crates: The crates that are built along with it, because it depends on them by a path.
        sources: The crate's Rust files.
        layout: Its Python side.
        builder: `maturin` or `setuptools-rust`, if it is one of them.
        uses_uv: Whether there is a lock file of uv's.
        pin: The `.python-version`, of the project or of its workspace of uv's; there or not.
        python_version: What that asks for.
        workflows: What runs on GitHub.
        cached_files: The files that uv watches, if it is told which.
        excluded: The files that maturin is told to leave out of wheels, with the pattern that does.
        cargo_metadata: What cargo says, if it could be asked.
        packages_elsewhere: The usual folders that have the module's package, if it isn't where it is looked for.
        neighbours: Source files of other projects whose library of the same name is in the target folder.
        unreadable: What could not be read, so that nothing is known of what it says.
    """

    manifests: Manifests
    crate: Crate
    crates: tuple[Path, ...]
    sources: dict[Path, Source]
    layout: Layout
    builder: str | None
    uses_uv: bool
    pin: Path
    python_version: str | None
    workflows: tuple[Workflow, ...]
    cached_files: PathPatterns | None
    excluded: dict[Path, str]
    cargo_metadata: CargoMetadata | None
    packages_elsewhere: tuple[str, ...]
    neighbours: tuple[str, ...]
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.manifests.folder

    @property
    def pyproject_path(self) -> Path:
        """Its pyproject.toml, there or not."""
        return self.manifests.pyproject_path

    @property
    def pyproject(self) -> dict[str, Any]:
        """What its pyproject.toml says."""
        return self.manifests.pyproject

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The modules that setuptools-rust is told to build."""
        return self.manifests.extensions

    @property
    def metadata(self) -> dict[str, Any]:
        """The table `[project]`."""
        return table_of(self.pyproject, "project")

    @property
    def maturin(self) -> dict[str, Any]:
        """The table `[tool.maturin]`."""
        return self.manifests.maturin

    @property
    def uv(self) -> dict[str, Any] | None:
        """The table `[tool.uv]`, if uv is used here and builds the project."""
        settings: dict[str, Any] | None = table_of(self.pyproject, "tool").get("uv")
        if settings and settings.get("package") is False:
            return None
        return {} if settings is None and self.uses_uv else settings

    @property
    def build_requirements(self) -> list[Requirement]:
        """The build requirements."""
        texts = table_of(self.pyproject, "build-system").get("requires", [])
        return [requirement for text in texts if (requirement := read_requirement(text))]

    @property
    def builds_by_requirement(self) -> bool:
        """Whether it requires maturin or setuptools-rust in a version that may be raised."""
        return any(requirement.name == self.builder for requirement in self.build_requirements)

    @property
    def requires_python(self) -> SpecifierSet | None:
        """The Pythons that the project says it supports."""
        try:
            return SpecifierSet(self.metadata["requires-python"][:REQUIREMENT_LIMIT])
        except (KeyError, InvalidSpecifier):
            return None

    @property
    def modules(self) -> tuple[NativeModule, ...]:
        """The Python modules in Rust."""
        return tuple(module for source in self.sources.values() for module in source.modules)

    @property
    def pyo3(self) -> Dependency | None:
        """The crate's dependency on PyO3, or on pyo3-ffi alone."""
        return self.crate.dependency("pyo3") or self.crate.dependency("pyo3-ffi")

    @property
    def is_extension(self) -> bool:
        """Whether it is a PyO3 extension module; a program may embed Python instead."""
        if self.pyo3 is None or self.maturin.get("bindings") in OTHER_BINDINGS:
            return False
        return bool(self.builder or self.extensions or self.modules or "cdylib" in self.crate.library_types)

    @property
    def is_of_template(self) -> bool:
        """Whether a Copier template made it, or has taken it over."""
        return (self.folder / ".copier-answers.yml").exists()

    @property
    def series(self) -> ReleaseSeries | None:
        """PyO3's release series, if it is known."""
        if self.pyo3 is None:
            return None
        # Another crate may bring another PyO3 along.
        allowed = allowed_series(self.pyo3.requirement)
        locked = [series_of(f"={version}") for version in self.crate.lock.get(self.pyo3.name, ())]
        own = [series for series in locked if not allowed or series in allowed]
        return series_named(own[-1] if own else series_of(self.pyo3.requirement))

    @property
    def pyo3_features(self) -> tuple[str, ...]:
        """The features of PyO3 that a build enables."""
        return tuple(dict.fromkeys(name for crate, name in self.features_of_crates() if crate in PYO3_CRATES))

    @property
    def may_be_abi3(self) -> bool:
        """Whether an optional feature of the crate enables the stable ABI."""
        own = (str(feature) for features in self._crate_features().values() for feature in features)
        parts = (self._of_crate(feature) for feature in (*own, *self._enabled_features()))
        names = [name for crate, name in parts if crate in PYO3_CRATES]
        return any(name.startswith("abi3") for name in (*names, *self.pyo3_features))

    def features_of_crates(self) -> Iterator[tuple[str, str]]:
        """Yield the features that a build enables in the crate's dependencies, each with the dependency."""
        for dependency in self.crate.dependencies:
            if dependency.kind != "dev-dependencies":
                yield from ((dependency.name, feature) for feature in dependency.features)
        yield from (self._of_crate(feature) for feature in self._enabled_features() if "/" in feature)

    def _of_crate(self, feature: str) -> tuple[str, str]:
        """Return what `py/abi3` enables: a dependency may be renamed."""
        owner, _, name = feature.partition("/")
        names = {dependency.key: dependency.name for dependency in self.crate.dependencies}
        return names.get(owner.rstrip("?"), owner.rstrip("?")), name

    def _crate_features(self) -> dict[str, list[str]]:
        return table_of(self.crate.data, "features")

    def _enabled_features(self) -> list[str]:
        """Return the crate's features that maturin builds with, and all that those enable."""
        named = self._crate_features()
        waiting = ["default", *map(str, self.maturin.get("features", []))]
        features: dict[str, None] = {}
        while waiting:
            feature = waiting.pop()
            if feature not in features:
                features[feature] = None
                waiting += map(str, named.get(feature, []))
        return list(features)

    def show(self, path: Path) -> str:
        """Return a path relative to the project."""
        if path.is_relative_to(self.folder):
            return path.relative_to(self.folder).as_posix()
        # A workspace's and a repository's files lie above, and beside.
        beside = path.is_relative_to(self.folder.parents[min(ABOVE, len(self.folder.parents)) - 1])
        beside = beside or path.is_relative_to(self.crate.workspace_path.parent)
        return Path(os.path.relpath(path, self.folder)).as_posix() if beside else str(path)


def read_requirement(text: object) -> Requirement | None:
    """Parse a requirement; an invalid one is for the build backend to report."""
    try:
        requirement = Requirement(str(text)[:REQUIREMENT_LIMIT])
    except (InvalidRequirement, RecursionError):
        return None
    requirement.name = canonicalize_name(requirement.name)
    return requirement


def read_project(
    folder: Path, cargo_metadata: CargoMetadata | None = None, *, manifests: Manifests | None = None
) -> Project:
    """Read a project.

    Args:
        folder: Where its pyproject.toml is.
        cargo_metadata: What cargo says of it.
        manifests: What says how it is built, if that has been read.

    Raises:
        ScaffolderError: A manifest can't be read; any other file that can't be is in `unreadable`.
    """
    manifests = manifests or read_manifests(folder)
    reader = Reader(list(manifests.unreadable))
    crate = read_crate(
        manifests.require_crate(), cargo_metadata.root if cargo_metadata and not cargo_metadata.problem else None
    )
    layout = _read_layout(manifests, crate, reader)
    root = uv_root(folder)
    pin = next((pin for pin in (folder / PIN, root / PIN) if is_file(pin)), folder / PIN)
    return Project(
        manifests=manifests,
        crate=crate,
        crates=tuple(member.folder for member in crates_by_path(crate)),
        sources=dict(_sources(crate, reader)),
        layout=layout,
        builder=_builder(manifests.pyproject),
        uses_uv=is_file(root / "uv.lock"),
        pin=pin,
        python_version=read_pin(pin, reader),
        workflows=read_workflows(folder, reader),
        cached_files=watched_files(folder, manifests.pyproject),
        excluded=dict(excluded_files(folder, manifests.maturin, layout.types)),
        cargo_metadata=cargo_metadata,
        packages_elsewhere=() if layout.package else tuple(_packages(folder, layout.module.partition(".")[0])),
        neighbours=tuple(_neighbours(crate, cargo_metadata, reader)),
        unreadable=tuple(reader.problems),
    )


def _sources(crate: Crate, reader: Reader) -> Iterator[tuple[Path, Source]]:
    for path in rust_files(crate.folder, reader):
        if (text := reader.read(path)) is not None:
            yield path, read_source(path, text)


def _read_layout(manifests: Manifests, crate: Crate, reader: Reader) -> Layout:
    """Read the Python side, from where the build backend looks for it."""
    folder, settings = manifests.folder, manifests.maturin
    targets = [extension.target for extension in manifests.extensions if extension.target]
    module = settings.get("module-name") or (targets[0] if targets else crate.library_name)
    source = find_source(folder, settings, str(table_of(manifests.pyproject, "project").get("name", "")))
    if targets:
        source = find_setuptools_source(folder, manifests.pyproject, module.partition(".")[0])
    return read_layout((folder, crate.folder), module, source, reader)


def _builder(pyproject: dict[str, Any]) -> str | None:
    """Return what builds the project."""
    system = pyproject.get("build-system", {})
    texts = system.get("requires", [])
    names = [requirement.name for text in texts if (requirement := read_requirement(text))]
    if str(system.get("build-backend", "")).startswith("maturin"):
        return "maturin"
    # A table may be left of a builder that was used before.
    tables = ["maturin"] if "maturin" in pyproject.get("tool", {}) else []
    return next((name for name in (*names, *tables) if name in BUILDERS), None)


def _packages(folder: Path, name: str) -> Iterator[str]:
    """Yield the usual source folders that have a package of this name."""
    yield from (usual for usual in ("python", "src") if is_file(folder / usual / name / "__init__.py"))


def _neighbours(crate: Crate, cargo_metadata: CargoMetadata | None, reader: Reader) -> Iterator[str]:
    """Return the sources of other projects that built a library of this name into the target folder."""
    home = real(crate.workspace_path.parent)
    # Nobody else builds in a folder of the project; what its files name has been moved along with it.
    if cargo_metadata is None or real(cargo_metadata.target).is_relative_to(home):
        return
    for path in cargo_metadata.builds(f"lib{crate.library_name}.d"):
        _, _, listed = (reader.read(path) or b"").decode("utf-8", "replace").partition(": ")
        names = [name.replace("\0", " ") for name in listed.replace("\\ ", "\0").split()]
        sources = [name for name in names if is_file(cargo_metadata.root / name)]
        # Crates elsewhere are also listed, beside the project's own.
        if sources and not any(real(cargo_metadata.root / name).is_relative_to(home) for name in sources):
            yield sources[0]
