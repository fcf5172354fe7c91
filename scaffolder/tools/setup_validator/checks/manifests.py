"""What Cargo.toml and pyproject.toml say about the build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from scaffolder.anatomy.project import OTHER_BINDINGS
from scaffolder.anatomy.versions import allowed_series, companions, series_of
from scaffolder.tools.setup_validator.check import ProjectCheck, Section, listing

if TYPE_CHECKING:
    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.project import Project
    from scaffolder.toolkit import Level

OTHER_CRATES = Section("troubleshooting", "two-crate-versions")


class CargoReads(ProjectCheck):
    """Cargo can read the manifest."""

    id = "cargo-reads-manifest"
    see = Section("project-anatomy", "cargo-manifest")

    def passes(self, project: Project) -> bool | None:
        """Repair what cargo names."""
        if project.cargo_metadata is None:
            return None
        self.where = project.show(project.crate.path)
        self.found = "cargo can't read the manifest"
        lines = (project.cargo_metadata.problem or "").splitlines()
        self.evidence = "\n".join(line for line in lines if line.strip())
        return project.cargo_metadata.problem is None


class DynamicLibrary(ProjectCheck):
    """The library is built as one that Python can load."""

    id = "crate-type-cdylib"
    see = Section("project-anatomy", "cargo-manifest")

    def passes(self, project: Project) -> bool | None:
        """Add `cdylib`.

        ```toml
        [lib]
        crate-type = ["cdylib", "rlib"]
        ```
        """
        # Maturin asks for a cdylib itself where it is told that Python calls C.
        if project.builder is None or project.maturin.get("bindings") in OTHER_BINDINGS:
            return None
        if not project.is_extension and "lib" not in project.crate.data:
            return None
        self.where = project.show(project.crate.path)
        types = project.crate.library_types
        self.found = f"the library is built as {listing(types) or '`lib`'}, and Python loads a `cdylib`"
        return "cdylib" in types

    def repair(self, project: Project, draft: Draft) -> None:
        """Add it, and `rlib` if nothing was said: that's the type by default."""
        library: Any = draft.toml(project.crate.path).setdefault("lib", {})
        types = library.get(_type_list(library))
        if types is not None:
            types.append("cdylib")
        else:
            library[_type_list(library)] = ["cdylib", "rlib"]


class RustLibrary(ProjectCheck):
    """The library is built as one that Rust tests can link."""

    id = "crate-type-rlib"
    level: Level = "note"
    see = Section("troubleshooting", "no-rlib")

    def passes(self, project: Project) -> bool | None:
        """Add `rlib`.

        ```toml
        [lib]
        crate-type = ["cdylib", "rlib"]
        ```
        """
        types = project.crate.library_types
        if not project.is_extension or "cdylib" not in types:
            return None
        outside = [path for path in project.sources if path.parent.name in {"tests", "benches", "examples"}]
        self.where = project.show(project.crate.path)
        self.found = "there is no `rlib`, so Rust code in `tests/` can't use the library"
        if outside:
            self.level = "error"
            self.evidence = "\n".join(map(project.show, outside))
        return bool({"rlib", "lib"} & set(types))

    def repair(self, project: Project, draft: Draft) -> None:
        """Add it."""
        library: Any = draft.toml(project.crate.path)["lib"]
        library[_type_list(library)].append("rlib")


class CompanionVersions(ProjectCheck):
    """Crates that are released in step with PyO3 are of its version."""

    id = "companion-versions"
    see = Section("versions", "what-works-together")

    def passes(self, project: Project) -> bool | None:
        """Take the same line.

        ```toml
        $crate = "$line"
        ```
        """
        pyo3 = project.crate.dependency("pyo3")
        if pyo3 is None or series_of(pyo3.requirement) is None:
            return None
        line = series_of(pyo3.requirement)
        beside = [each for each in project.crate.dependencies if each.name in companions() and each.requirement]
        # Cargo looks for a line that all of them allow.
        wrong = [each for each in beside if _lines(each.requirement).isdisjoint(_lines(pyo3.requirement))]
        if not beside:
            return None
        self.where = project.show(project.crate.path)
        self.words = {"crate": wrong[0].name if wrong else "", "line": str(line)}
        self.found = f"pyo3 {pyo3.requirement} can't be in one build with what was made for another"
        self.evidence = "\n".join(f"{each.name} {each.requirement}" for each in wrong)
        return not wrong


class OneVersion(ProjectCheck):
    """PyO3 and ndarray are in the build once."""

    id = "one-version"
    see = Section("troubleshooting", "two-pyo3")

    def passes(self, project: Project) -> bool | None:
        """See who asks for which, and let them agree.

        ```
        cargo tree --duplicates
        ```
        """
        lock = project.crate.lock
        names = ["pyo3", "pyo3-ffi", "numpy", *(["ndarray"] if "numpy" in lock else [])]
        twice = {name: lock[name] for name in names if len(lock.get(name, ())) > 1}
        if not lock or project.pyo3 is None:
            return None
        self.where = "Cargo.lock"
        self.see = self.see if {"pyo3", "pyo3-ffi"} & set(twice) else OTHER_CRATES
        self.found = f"{listing(twice)} of several versions: the types of one are not those of the other"
        self.evidence = "\n".join(f"{name} {version}" for name, versions in twice.items() for version in versions)
        return not twice


class BuildRequirement(ProjectCheck):
    """The build asks for its builder within bounds."""

    id = "build-requirement"
    level: Level = "warning"
    see = Section("project-anatomy", "python-manifest")

    def passes(self, project: Project) -> bool | None:
        """Write both bounds.

        ```toml
        [build-system]
        requires = ["maturin>=1.9.4,<2"]
        build-backend = "maturin"
        ```
        """
        self.where = "pyproject.toml"
        system = project.pyproject.get("build-system", {})
        if project.builder is None or not system:
            self.level = "error"
            self.found = "no `[build-system]` names maturin, so pip builds with setuptools, without the Rust code"
            return False if _needs_builder(project) else None
        if project.builder == "maturin" and not str(system.get("build-backend", "maturin")).startswith("maturin"):
            return None  # another backend may run maturin
        found = [each for each in project.build_requirements if each.name == project.builder]
        bounds = {each.operator for requirement in found for each in requirement.specifier}
        exact = bool(bounds & {"==", "~="})
        missing = [] if exact or bounds & {">=", ">"} else ["lower"]
        # `maturin new` writes both; what is written for setuptools-rust has a lower one at most.
        missing += [] if exact or bounds & {"<", "<="} or project.builder != "maturin" else ["upper"]
        self.found = f"`{found[0] if found else project.builder}` has no {' and no '.join(missing)} bound"
        return not missing


class VersionsAgree(ProjectCheck):
    """The versions in pyproject.toml and Cargo.toml are equal."""

    id = "versions-agree"
    see = Section("project-anatomy", "python-manifest")

    def passes(self, project: Project) -> bool | None:
        """Write the same in both.

        ```toml
        version = "$version"
        ```
        """
        python, rust = project.metadata.get("version"), project.crate.field("version")
        if not project.is_extension or not python or not rust:
            return None
        # What shows the crate's version to Python would be wrong; else nobody sees it.
        self.level = "warning" if any(source.shows_version for source in project.sources.values()) else "note"
        self.words = {"version": str(python)}
        self.where = "pyproject.toml"
        self.found = f"the version is `{python}` here and `{rust}` in `{project.show(project.crate.path)}`"
        try:
            return Version(str(python)) == Version(str(rust))
        except InvalidVersion:
            return str(python) == str(rust)


class PanicUnwinds(ProjectCheck):
    """A panic unwinds, so that PyO3 can make it an exception."""

    id = "panic-unwinds"
    level = "warning"
    see = Section("panics", "the-end-of-the-process")

    def passes(self, project: Project) -> bool | None:
        """Take `panic = "abort"` out of `[profile.$profile]`."""
        # With pyo3-ffi alone nothing catches a panic, whatever the profile says.
        if not project.is_extension or project.crate.dependency("pyo3") is None:
            return None
        found = [name for name, profile in project.crate.profiles.items() if profile.get("panic") == "abort"]
        self.words = {"profile": found[0] if found else ""}
        self.where = project.show(project.crate.workspace_path)
        self.found = f'`panic = "abort"` in {listing(f"profile.{name}" for name in found)}: a panic ends Python'
        return not found


def _lines(requirement: str) -> set[str | None]:
    """Return the release lines that a requirement allows; a line that isn't known stands for itself."""
    return set(allowed_series(requirement)) or {series_of(requirement)}


def _needs_builder(project: Project) -> bool:
    """Tell whether a package is made of the project, by nobody who builds the library."""
    other = project.extensions or "build-backend" in project.pyproject.get("build-system", {})
    is_package = project.builder is not None or bool(project.metadata)
    return project.is_extension and is_package and "cdylib" in project.crate.library_types and not other


def _type_list(library: Any) -> str:
    """Return the name that the list of types goes by: cargo reads either."""
    return "crate_type" if "crate_type" in library and "crate-type" not in library else "crate-type"
