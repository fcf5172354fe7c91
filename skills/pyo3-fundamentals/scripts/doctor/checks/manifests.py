"""What Cargo.toml and pyproject.toml say about the build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from doctor.check import ProjectCheck, Section, listing
from doctor.versions import companions, line_of, outdated_features, sets_extension_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.draft import Draft
    from doctor.project import Project
    from scaffolder.toolkit import Level


class CargoReads(ProjectCheck):
    """Cargo can read the manifest."""

    id = "cargo-reads-manifest"
    see = Section("project-anatomy", "cargo-manifest")

    def passes(self, project: Project) -> bool | None:
        """Repair what cargo names."""
        if project.graph is None:
            return None
        self.where = project.show(project.crate.path)
        self.found = "cargo can't read the manifest"
        lines = (project.graph.problem or "").splitlines()
        self.evidence = "\n".join(line for line in lines if line.strip())
        return project.graph.problem is None


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
        if project.builder is None or project.maturin.get("bindings") == "bin":
            return None
        if not project.is_extension and "lib" not in project.crate.data:
            return None
        self.where = project.show(project.crate.path)
        types = _crate_types(project)
        self.found = f"the library is built as {listing(types) or '`lib`'}, and Python loads a `cdylib`"
        return "cdylib" in types

    def repair(self, project: Project, draft: Draft) -> None:
        """Add it, and `rlib` if nothing was said: that's the type by default."""
        library = draft.toml(project.crate.path).setdefault("lib", {})
        types = library.get("crate-type") or ["rlib"]
        library["crate-type"] = ["cdylib", *types]


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
        types = _crate_types(project)
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
        types = library["crate-type"]
        types.append("rlib")


class OutdatedFeatures(ProjectCheck):
    """No feature of PyO3 is switched on that PyO3 is giving up."""

    id = "outdated-features"
    level: Level = "warning"
    see = Section("troubleshooting", "undefined-python-symbols")

    def passes(self, project: Project) -> bool | None:
        """Take it out, in the dependency and in `[tool.maturin]`.

        ```toml
        pyo3 = { version = "$version", features = [$features] }
        ```
        """
        if project.line is None:
            return None
        found = {name: instead for name, instead, _ in _outdated(project)}
        gone = [name for name, _, is_gone in _outdated(project) if is_gone]
        in_maturin = any(f"pyo3/{name}" in project.maturin.get("features", []) for name in found)
        self.where = "pyproject.toml" if in_maturin else project.show(project.crate.path)
        kept = [name for name in project.pyo3.features if name not in found] if project.pyo3 else []
        self.words = {"version": project.line.name, "features": ", ".join(f'"{name}"' for name in kept)}
        self.level = "error" if gone else "warning"
        how = f"there is no feature {listing(gone)}" if gone else f"outdated features are on: {listing(found)}"
        self.found = f"in PyO3 {project.line.name} {how}"
        self.evidence = "\n".join(f"{name}: {instead}" for name, instead in found.items())
        return not found

    def repair(self, project: Project, draft: Draft) -> None:
        """Take out what the builder does instead, and require a builder that does."""
        names = {name for name, _, _ in _outdated(project)} & {"extension-module", "generate-import-lib"}
        for table, key, prefix in _feature_lists(project, draft):
            for feature in (prefix + name for name in names):
                if feature in table[key]:
                    table[key].remove(feature)
                    # An empty list says nothing; an empty feature may be asked for by its name.
                    if key == "features" and not table[key]:
                        del table[key]
        if "extension-module" in names and project.builder:
            _raise_lower_bound(project, project.builder, draft)


class CompanionVersions(ProjectCheck):
    """Crates that are released in step with PyO3 are of its version."""

    id = "companion-versions"
    see = Section("troubleshooting", "two-crate-versions")

    def passes(self, project: Project) -> bool | None:
        """Take the same line.

        ```toml
        $crate = "$line"
        ```
        """
        pyo3 = project.crate.dependency("pyo3")
        if pyo3 is None or line_of(pyo3.requirement) is None:
            return None
        line = line_of(pyo3.requirement)
        beside = [each for each in project.crate.dependencies if each.name in companions() and each.requirement]
        wrong = [each for each in beside if line_of(each.requirement) != line]
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
        if project.builder is None or "build-system" not in project.pyproject:
            self.level = "error"
            self.found = "no `[build-system]` names maturin, so pip builds with setuptools, without the Rust code"
            return False if project.is_extension and project.pyproject else None
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


def _crate_types(project: Project) -> list[str]:
    """Return what the library is built as."""
    library = project.crate.library
    return list(map(str, library.get("crate-type") or library.get("crate_type") or []))


def _outdated(project: Project) -> Iterator[tuple[str, str, bool]]:
    """Yield the outdated features that are on, with what to do instead, and whether there is no such feature now."""
    if project.line is None:
        return
    line = Version(project.line.name)
    for feature in outdated_features():
        if feature.name == "extension-module" and not project.builds_by_requirement:
            continue  # whoever runs cargo alone still needs it
        if feature.name in project.pyo3_features and line >= feature.since:
            yield feature.name, feature.instead, bool(feature.gone and line >= feature.gone)


def _feature_lists(project: Project, draft: Draft) -> Iterator[tuple[Any, str, str]]:
    """Yield the lists that switch features of PyO3 on, as table and key, and what goes before a feature there."""
    manifests: list[Any] = [draft.toml(project.crate.path)]
    if project.crate.workspace_path != project.crate.path:
        manifests.append(draft.toml(project.crate.workspace_path).get("workspace", {}))
    for manifest in manifests:
        for tables in (manifest, *manifest.get("target", {}).values()):
            for kind in ("dependencies", "build-dependencies"):
                dependency = tables.get(kind, {}).get("pyo3", {})
                if hasattr(dependency, "get") and "features" in dependency:
                    yield dependency, "features", ""
        named = manifest.get("features", {})
        yield from ((named, name, "pyo3/") for name in list(named))
    if project.pyproject_path.is_file():
        settings = draft.toml(project.pyproject_path).get("tool", {}).get("maturin", {})
        if "features" in settings:
            yield settings, "features", "pyo3/"


def _raise_lower_bound(project: Project, builder: str, draft: Draft) -> None:
    """Require a builder that does what the feature did."""
    needed = sets_extension_module(builder)
    requires: Any = draft.toml(project.pyproject_path).get("build-system", {}).get("requires", [])
    found = {each.name: each for each in project.build_requirements}[builder]
    if not any(text.startswith(">=") and Version(text[2:]) >= needed for text in map(str, found.specifier)):
        kept = sorted(str(each) for each in found.specifier if each.operator not in {">=", ">", "~=", "=="})
        place = next(place for place, text in enumerate(requires) if canonicalize_name(str(text)).startswith(builder))
        marker = f"; {found.marker}" if found.marker else ""
        extras = f"[{','.join(sorted(found.extras))}]" if found.extras else ""
        requires[place] = f"{builder}{extras}{','.join([f'>={needed}', *kept])}{marker}"
