"""The facts that checks ask for by name; a fact that does not apply is `None`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from scaffolder.anatomy.project import OTHER_BINDINGS
from scaffolder.anatomy.versions import LAST_PATCH, arrow_release, companions, read_version
from scaffolder.machine.cargo_config import read_config
from scaffolder.tools.setup_validator import installed, promises
from scaffolder.tools.setup_validator.checks.classes import CRASHES, CRASHES_TRIED
from scaffolder.tools.setup_validator.checks.features import READS_VARIABLE
from scaffolder.tools.setup_validator.checks.names import TEMPLATE
from scaffolder.tools.setup_validator.machine_facts import MachineFacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from scaffolder.anatomy.crates import Dependency
    from scaffolder.anatomy.layout import Import
    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.versions import ArrowRelease, ReleaseSeries
    from scaffolder.anatomy.workflows import Workflow
    from scaffolder.machine.cargo import CargoMetadata
    from scaffolder.rust.classes import DerivedClass, PythonClass
    from scaffolder.rust.modules import NativeModule
    from scaffolder.rust.starting import Spot

ABI3 = re.compile(r"abi3-py3(\d+)")
# In these, a build for the stable ABI is made with a Python that PyO3 doesn't know, too; since which series.
FORWARD = {
    "PYO3_USE_ABI3_FORWARD_COMPATIBILITY": Version("0.16"),
    "PYO3_USE_STABLE_ABI_FORWARD_COMPATIBILITY": Version("0.29"),
}


@dataclass(frozen=True)
class ManifestText:
    """A string in a manifest: the file, its key and the text."""

    file: str
    key: str
    text: str


@dataclass(frozen=True)
class Facts(MachineFacts):
    """Facts about a machine and a project."""

    project: Project

    @property
    def cargo_answer(self) -> CargoMetadata | None:
        """What cargo says about the project, or its error."""
        return self.project.cargo_metadata

    @property
    def cargo_metadata(self) -> CargoMetadata | None:
        """What cargo says about the project."""
        graph = self.project.cargo_metadata
        return graph if graph and not graph.problem else None

    @property
    def extension(self) -> Project | None:
        """The project, if it is a PyO3 extension module."""
        return self.project if self.project.is_extension else None

    @property
    def maturin_project(self) -> Project | None:
        """The project, if maturin builds it."""
        return self.project if self.project.builder == "maturin" else None

    @property
    def maturin_extension(self) -> Project | None:
        """The project, if it is both."""
        return self.extension and self.maturin_project

    @property
    def old_maturin_extension(self) -> Project | None:
        """The project, if it is both, and its PyO3 is too old to be configured by maturin."""
        old = self.series is not None and Version(self.series.name) < READS_VARIABLE
        return self.maturin_extension if old else None

    @property
    def built_by_uv(self) -> Project | None:
        """The project, if uv builds it."""
        return self.project if self.project.uv is not None and self.project.builder else None

    @property
    def library(self) -> Project | None:
        """The project, if its crate is a library for Python; for C bindings maturin sets the crate type itself."""
        project = self.project
        if project.builder is None or project.maturin.get("bindings") in OTHER_BINDINGS:
            return None
        return project if project.is_extension or "lib" in project.crate.data else None

    @property
    def dynamic_library(self) -> Project | None:
        """The project, if its crate builds a library that Python can load."""
        return self.extension if "cdylib" in self.project.crate.library_types else None

    @property
    def built(self) -> Project | None:
        """The project, if pip builds its library."""
        project, system = self.project, self.project.pyproject.get("build-system", {})
        if project.builder is None or not system:
            return project if _needs_builder(project) else None
        backend = str(system.get("build-backend", "maturin"))
        # Another backend may run maturin.
        return project if project.builder != "maturin" or backend.startswith("maturin") else None

    @property
    def described(self) -> Project | None:
        """The project, if its pyproject.toml must have metadata; `setup.py` or poetry's table may have it instead."""
        project = self.project
        elsewhere = project.builder != "maturin" or "poetry" in project.pyproject.get("tool", {})
        is_said = elsewhere and not project.metadata
        return None if is_said or not project.is_extension or not project.pyproject else project

    @property
    def metadata(self) -> dict[str, Any] | None:
        """The table `[project]`."""
        return self.project.metadata or None

    @property
    def name(self) -> str | None:
        """The name in `[project]`."""
        return str(self.project.metadata.get("name") or "") or None

    @property
    def crate_version(self) -> str | None:
        """The crate's version, if it is visible beside that of `[project]`."""
        project, version = self.project, self.project.crate.field("version")
        shown = any(source.shows_version for source in project.sources.values())
        # What is never published has a version for form's sake.
        private = project.crate.field("publish") is False or str(version) in {"0.0.0", "None"}
        seen = shown or (project.builder == "maturin" and not private)
        return str(version) if seen and version and project.metadata.get("version") else None

    @property
    def series(self) -> ReleaseSeries | None:
        """The release series of PyO3."""
        return self.project.series

    @property
    def pyo3(self) -> Dependency | None:
        """The crate's dependency on PyO3."""
        return self.project.crate.dependency("pyo3")

    @property
    def pyo3_release(self) -> Version | None:
        """The release of PyO3 in Cargo.lock, or the last that its series can have."""
        if self.pyo3 is None or self.project.series is None:
            return None
        series = self.project.series.name
        locked = filter(None, map(read_version, self.project.crate.lock.get("pyo3", ())))
        own = [version for version in locked if f"{version.major}.{version.minor}" == series]
        return min(own, default=Version(f"{series}.{LAST_PATCH}"))

    @property
    def companions(self) -> tuple[Dependency, ...] | None:
        """Its dependencies on crates that are released in step with PyO3."""
        if self.pyo3 is None or not self.pyo3.requirement:
            return None
        names = companions()
        crates = [crate for crate in self.project.crate.dependencies if crate.name in names and crate.requirement]
        return tuple(crates) or None

    @property
    def arrow_release(self) -> ArrowRelease | None:
        """What the release of pyo3-arrow is made for, if it is a dependency, and known."""
        crate = self.project.crate.dependency("pyo3-arrow")
        return arrow_release(crate.requirement) if crate else None

    @property
    def arrow_buffers(self) -> Dependency | None:
        """The dependency on pyo3-arrow, if it is with its default, the buffer protocol."""
        crate = self.project.crate.dependency("pyo3-arrow")
        return crate if crate and (crate.has_defaults or "buffer_protocol" in crate.features) else None

    @property
    def rustflags(self) -> dict[Path, tuple[str, ...]] | None:
        """The flags that the project's own configuration of cargo has for rustc, by file."""
        folder = self.project.crate.folder
        return read_config(folder, {"CARGO_HOME": str(folder / ".cargo")}).rustflags() or None

    @property
    def pyo3_lock(self) -> dict[str, tuple[str, ...]] | None:
        """The versions in Cargo.lock, if PyO3 is a dependency."""
        return (self.project.pyo3 and self.project.crate.lock) or None

    @property
    def catching_extension(self) -> Project | None:
        """The extension, if PyO3 catches its panics, which pyo3-ffi alone does not."""
        return self.extension if self.pyo3 else None

    @property
    def rust_versions(self) -> dict[str, Version] | None:
        """The Rust that each crate needs."""
        versions = dict(self.project.cargo_metadata.rust_versions) if self.project.cargo_metadata else {}
        if self.series:
            versions.setdefault(f"pyo3 {self.series.name}", self.series.rust)
        if self.declared_rust:
            versions["this crate"] = self.declared_rust
        return versions or None

    @property
    def declared_rust(self) -> Version | None:
        """The crate's `rust-version`."""
        try:
            return Version(str(self.project.crate.field("rust-version") or ""))
        except InvalidVersion:
            return None

    @cached_property
    def manifest_texts(self) -> tuple[ManifestText, ...] | None:
        """The descriptive strings in the manifests."""
        project = self.project
        tables = {"project": project.metadata, "tool.maturin": project.maturin}
        texts = [*_texts("pyproject.toml", tables)]
        crate = {"package": project.crate.data.get("package", {}), "lib": project.crate.library}
        return (*texts, *_texts(project.show(project.crate.path), crate)) or None

    @property
    def modules(self) -> tuple[NativeModule, ...] | None:
        """The Python modules in a library that Python can load; those of a template have no names yet."""
        crate = self.project.crate
        if not (self.project.builder or self.project.extensions or "cdylib" in crate.library_types):
            return None
        place = (crate.folder / str(crate.library.get("path", "src/lib.rs"))).parent
        modules = tuple(module for module in self.project.modules if module.path.is_relative_to(place))
        return None if self._is_template else modules or None

    @property
    def holding_classes(self) -> tuple[PythonClass, ...]:
        """The classes that hold Python objects and do not show them to the garbage collector, as far as is visible."""
        files = [source.classes for source in self.project.sources.values()]
        known = frozenset[str]().union(*(file.traversed | file.macros for file in files))
        return tuple(entry for file in files for entry in file.holding if entry.name not in known)

    @property
    def crashing_classes(self) -> dict[DerivedClass, Version] | None:
        """The classes with a base that PyO3 can't extend, and since which of the promised Pythons."""
        if self.series is None or self.series.name not in CRASHES_TRIED or self.floor is None:
            return None
        derived = [entry for source in self.project.sources.values() for entry in source.classes.derived]
        since = {entry: max(CRASHES[entry.base], self.floor) for entry in derived if entry.base in CRASHES}
        return {entry: python for entry, python in since.items() if self.ceiling is None or python <= self.ceiling}

    @property
    def pyo3_project(self) -> Project | None:
        """The project, if PyO3 is a dependency."""
        return self.project if self.pyo3 else None

    @property
    def late_modules(self) -> tuple[Spot, ...] | None:
        """The modules that are registered with Python after it was started for certain, if any are registered."""
        files = [source.late_modules for source in self.project.sources.values() if source.late_modules is not None]
        return tuple(spot for spots in files for spot in spots) if files else None

    @property
    def packaged(self) -> Project | None:
        """The project, if a Python package belongs to its extension module."""
        project = self.project
        belongs = project.packages_elsewhere or "python-source" in project.maturin or "." in project.layout.module
        return self.maturin_project if belongs and not self._is_template else None

    @property
    def native_imports(self) -> tuple[Import, ...] | None:
        """What the package always imports from itself that is not a Python file."""
        layout = self.project.layout
        if layout.package is None or self._is_template:
            return None
        own = any(f"{entry.name}.".startswith(f"{layout.module}.") for entry in layout.missing_imports)
        return (
            layout.missing_imports if own else tuple(entry for entry in layout.missing_imports if entry.always) or None
        )

    @property
    def importing(self) -> Project | None:
        """The project, if its package imports the extension module."""
        module, imports = f"{self.project.layout.module}.", self.project.layout.missing_imports
        return self.project if any(f"{entry.name}.".startswith(module) for entry in imports) else None

    @property
    def package(self) -> Path | None:
        """The Python package that the extension module goes into."""
        return self.project.layout.package

    @property
    def stubs(self) -> tuple[Path, ...] | None:
        """The stubs."""
        return self.project.layout.stubs or None

    @cached_property
    def all_stubs(self) -> tuple[Path, ...]:
        """The stubs, including those outside the package."""
        top = self.project.layout.module.partition(".")[0]
        folders = (self.project.folder / name for name in ("stubs", "typings"))
        apart = (path for folder in folders for path in (folder / top).rglob("*.pyi"))
        return (*self.project.layout.stubs, *apart)

    @property
    def types(self) -> tuple[Path, ...] | None:
        """The files that type checkers need."""
        return self.project.layout.types or None

    @property
    def libraries(self) -> dict[Path, int] | None:
        """The built extension modules, with their times."""
        return self.project.layout.libraries or None

    @cached_property
    def newer_source(self) -> installed.NewerSource | None:
        """The newest source, compared with the newest library."""
        return installed.newer_source(self.project)

    @cached_property
    def installed(self) -> installed.Installed | None:
        """The environment with its editable install."""
        pythons = [choice.python for choice in self.machine.choices if choice.tool in {"uv run", "maturin develop"}]
        folders = [python.parent.parent for python in pythons if python]
        return installed.find_installed(self.project, dict.fromkeys([*folders, self.project.folder / ".venv"]))

    @property
    def requires_python(self) -> SpecifierSet | None:
        """The value of `requires-python`."""
        return self.project.requires_python

    @cached_property
    def floor(self) -> Version | None:
        """The oldest of them."""
        allowed = self.project.requires_python
        return promises.oldest_python(allowed) if allowed is not None else None

    @cached_property
    def ceiling(self) -> Version | None:
        """The newest of them, if there is a bound."""
        allowed = self.project.requires_python
        return promises.newest_python(allowed) if allowed is not None else None

    @property
    def classifier_pythons(self) -> tuple[Version, ...] | None:
        """The Pythons in the classifiers."""
        return (self.extension and promises.classifier_pythons(self.project.metadata.get("classifiers"))) or None

    @property
    def workflow_pythons(self) -> tuple[promises.WorkflowPython, ...] | None:
        """The Pythons in the workflows, if those are for this project alone."""
        own = tuple(path for path in self.project.workflows if path.path.is_relative_to(self.project.folder))
        return tuple(promises.workflow_pythons(own)) or None

    @property
    def pin(self) -> promises.PinnedPython | None:
        """The version in `.python-version`."""
        return promises.parse_pin(self.project.python_version or "")

    @property
    def abi3(self) -> Version | None:
        """The oldest Python of the stable ABI: the lowest of the features counts."""
        matches = [match for feature in self.project.pyo3_features if (match := ABI3.fullmatch(feature))]
        return Version(f"3.{min(int(match[1]) for match in matches)}") if matches else None

    @property
    def builds_forward(self) -> bool:
        """Whether it builds with newer Pythons than PyO3 knows: with the stable ABI, or if a variable says so."""
        versions = [since for name, since in FORWARD.items() if self.machine.build_env.get(name) == "1"]
        return self.abi3 is not None or any(self.series and Version(self.series.name) >= since for since in versions)

    @property
    def maturin_requirement(self) -> Requirement | None:
        """The build requirement on maturin."""
        return next((item for item in self.project.build_requirements if item.name == "maturin"), None)

    @property
    def workflows(self) -> tuple[Workflow, ...] | None:
        """The GitHub workflows."""
        return self.project.workflows or None

    @property
    def acting_workflows(self) -> tuple[Workflow, ...] | None:
        """The workflows that use actions of other repositories."""
        return self.project.workflows if any(workflow.actions for workflow in self.project.workflows) else None

    @property
    def _is_template(self) -> bool:
        return any(TEMPLATE.search(entry.text) for entry in self.manifest_texts or ())


def _texts(file: str, tables: Any, key: str = "") -> Iterator[ManifestText]:
    """Yield the strings in tables, at any depth."""
    entries = tables.items() if isinstance(tables, dict) else enumerate(tables)
    for name, value in entries:
        path = f"{key}.{name}" if key else str(name)
        if isinstance(value, str):
            yield ManifestText(file, path, value)
        elif isinstance(value, (dict, list)):
            yield from _texts(file, value, path)


def _needs_builder(project: Project) -> bool:
    """Return whether the project is to be packaged but names no build backend."""
    has_builder = project.extensions or "build-backend" in project.pyproject.get("build-system", {})
    is_package = project.builder is not None or bool(project.metadata)
    return project.is_extension and is_package and "cdylib" in project.crate.library_types and not has_builder
