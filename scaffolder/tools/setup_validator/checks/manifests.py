"""Checks of what Cargo.toml and pyproject.toml say about the build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from scaffolder.anatomy.draft import Extend, Put
from scaffolder.anatomy.project import read_requirement
from scaffolder.anatomy.versions import allowed_series, series_of
from scaffolder.tools.setup_validator.check import Check, Failure, Section, quote_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.anatomy.crates import Dependency
    from scaffolder.anatomy.project import Project
    from scaffolder.machine.cargo import CargoMetadata

OTHER_CRATES = Section("troubleshooting", "two-crate-versions")
MANIFEST = Section("project-anatomy", "python-manifest")
# The fields of `[project]`, by the packaging standards.
FIELDS = {
    "name", "version", "description", "readme", "requires-python", "license", "license-files", "authors",
    "maintainers", "keywords", "classifiers", "urls", "scripts", "gui-scripts", "entry-points", "dependencies",
    "optional-dependencies", "dynamic", "import-names", "import-namespaces",
}  # fmt: skip
KINDS: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (str, "string", ("name", "description")),
    (list, "list", ("dependencies", "classifiers", "authors", "keywords", "dynamic")),
    (dict, "table", ("urls", "scripts", "optional-dependencies")),
)
SETUPTOOLS_FIX = """
Require setuptools-rust 1.12 or newer, the first that builds without PyO3's `extension-module` feature
[build-system]
requires = ["setuptools>=77", "setuptools-rust>=1.12"]
build-backend = "setuptools.build_meta"
"""


class CargoReads(Check):
    """Cargo can read the manifest."""

    id = "cargo-reads-manifest"
    see = Section("project-anatomy", "cargo-manifest")
    fix = "Fix what cargo reports"

    @staticmethod
    def check(cargo_answer: CargoMetadata, project: Project) -> Failure | None:
        if cargo_answer.problem is None:
            return None
        evidence = tuple(line for line in cargo_answer.problem.splitlines() if line.strip())
        return Failure("cargo can't read the manifest", project.show(project.crate.path), evidence)


class DynamicLibrary(Check):
    """The library is built as one that Python can load."""

    id = "crate-type-cdylib"
    see = Section("project-anatomy", "cargo-manifest")
    fix = """
    Add `cdylib`
    [lib]
    crate-type = ["cdylib", "rlib"]
    """

    @staticmethod
    def check(library: Project) -> Failure | None:
        crate = library.crate
        if "cdylib" in crate.library_types:
            return None
        # `rlib`, if nothing was said: that's the type by default.
        items = ("cdylib",) if crate.library_types or _type_list(crate.library) in crate.library else ("cdylib", "rlib")
        return Failure(
            f"the library is built as {quote_names(crate.library_types) or '`lib`'}, and Python loads a `cdylib`",
            where=library.show(crate.path),
            edits=(Extend(crate.path, ("lib", _type_list(crate.library)), items),),
        )


class RustLibrary(Check):
    """The library is built as one that Rust tests can link."""

    id = "crate-type-rlib"
    level = "note"
    see = Section("troubleshooting", "no-rlib")
    fix = """
    Add `rlib`
    [lib]
    crate-type = ["cdylib", "rlib"]
    """

    @staticmethod
    def check(dynamic_library: Project) -> Failure | None:
        crate = dynamic_library.crate
        if {"rlib", "lib"} & set(crate.library_types):
            return None
        folders = {"tests", "benches", "examples"}
        users = [path for path in dynamic_library.sources if path.parent.name in folders]
        return Failure(
            "there is no `rlib`, so Rust code in `tests/` can't use the library",
            where=dynamic_library.show(crate.path),
            evidence=tuple(map(dynamic_library.show, users)),
            level="error" if users else "note",
            edits=(Extend(crate.path, ("lib", _type_list(crate.library)), ("rlib",)),),
        )


class CompanionVersions(Check):
    """Crates that are released in step with PyO3 are of its version."""

    id = "companion-versions"
    see = Section("versions", "what-works-together")
    fix = """
    Ask for the same release series
    $crate = "$series"
    """

    @staticmethod
    def check(project: Project, pyo3: Dependency, companions: tuple[Dependency, ...]) -> Failure | None:
        # Cargo looks for a series that all of them allow.
        allowed = _series_names(pyo3.requirement)
        wrong = [crate for crate in companions if _series_names(crate.requirement).isdisjoint(allowed)]
        if not wrong:
            return None
        return Failure(
            f"pyo3 {pyo3.requirement} can't be in one build with what was made for another",
            where=project.show(project.crate.path),
            evidence=tuple(f"{crate.name} {crate.requirement}" for crate in wrong),
            words={"crate": wrong[0].name, "series": series_of(pyo3.requirement)},
        )


class OneVersion(Check):
    """PyO3 and ndarray are in the build once."""

    id = "one-version"
    see = Section("troubleshooting", "two-pyo3")
    fix = """
    See which crate needs which version, and make them agree
    cargo tree --duplicates
    """

    @staticmethod
    def check(pyo3_lock: dict[str, tuple[str, ...]]) -> Failure | None:
        names = ["pyo3", "pyo3-ffi", "numpy", *(["ndarray"] if "numpy" in pyo3_lock else [])]
        several = {name: pyo3_lock[name] for name in names if len(pyo3_lock.get(name, ())) > 1}
        if not several:
            return None
        return Failure(
            f"{quote_names(several)} of several versions: the types of one are not those of the other",
            where="Cargo.lock",
            evidence=tuple(f"{name} {version}" for name, versions in several.items() for version in versions),
            see=OneVersion.see if {"pyo3", "pyo3-ffi"} & set(several) else OTHER_CRATES,
        )


class BuildRequirement(Check):
    """The build asks for its builder within bounds."""

    id = "build-requirement"
    level = "warning"
    see = MANIFEST
    fix = """
    Write both bounds
    [build-system]
    requires = ["maturin>=1.9.4,<2"]
    build-backend = "maturin"
    """

    @staticmethod
    def check(built: Project) -> Failure | None:
        system = built.pyproject.get("build-system", {})
        if built.builder is None or not system:
            problem = "no `[build-system]` names maturin, so pip builds with setuptools, without the Rust code"
            return Failure(problem, where="pyproject.toml", level="error")
        requirements = [item for item in built.build_requirements if item.name == built.builder]
        missing = _missing_bounds(built.builder, {bound.operator for item in requirements for bound in item.specifier})
        if not missing:
            return None
        name = requirements[0] if requirements else built.builder
        fix = SETUPTOOLS_FIX if built.builder == "setuptools-rust" else None
        return Failure(f"`{name}` has no {' and no '.join(missing)} bound", where="pyproject.toml", fix=fix)


class ProjectTable(Check):
    """`[project]` says what the package is called and which version it is."""

    id = "project-table"
    see = MANIFEST
    fix = """
    Write it
    [project]
    name = "$name"
    version = "$version"
    requires-python = ">=$python"
    """

    @staticmethod
    def check(described: Project) -> Failure | None:
        metadata, version = described.metadata, _python_version(described.crate.field("version") or "0.1.0")
        words = {
            "name": metadata.get("name") or described.crate.field("name"),
            "version": version,
            "python": described.series.oldest if described.series else "3.10",
        }
        if not metadata:
            problem = "there is no `[project]`: `uv run` and `uv sync` install nothing of this package"
            return Failure(problem, where="pyproject.toml", words=words, level="warning")
        missing = [name for name in ("name", "version") if name not in (*metadata, *metadata.get("dynamic", []))]
        if "name" not in metadata:
            missing = ["name", *(name for name in missing if name != "name")]
        if not missing:
            return None
        says = {"name": "no `name`", "version": 'neither `version` nor `dynamic = ["version"]`'}
        return Failure(
            f"`[project]` has {' and '.join(says[name] for name in missing)}: uv refuses to read it",
            where="pyproject.toml",
            words=words,
            fix="\n".join(["Write it", "[project]", *(f'{name} = "${name}"' for name in missing)]),
            edits=tuple(Put(described.pyproject_path, ("project", name), words[name]) for name in missing),
        )


class ProjectFields(Check):
    """The fields of `[project]` are those of the standard, and say something valid."""

    id = "project-fields"
    see = MANIFEST
    fix = "Correct them: build backends reject them or silently ignore them"

    @staticmethod
    def check(metadata: dict[str, Any]) -> Failure | None:
        invalid, unknown = list(_invalid_fields(metadata)), sorted(set(metadata) - FIELDS)
        if not (invalid or unknown):
            return None
        return Failure(
            "a field of `[project]` is not valid" if invalid else f"`[project]` has no field {quote_names(unknown)}",
            where="pyproject.toml",
            evidence=(*invalid, *(f"{name}: there is no such field" for name in unknown)),
            level="error" if invalid else "warning",
        )


class VersionsAgree(Check):
    """The versions in pyproject.toml and Cargo.toml are equal."""

    id = "versions-agree"
    see = MANIFEST
    fix = """
    Write the same in both
    version = "$version"
    """

    @staticmethod
    def check(extension: Project, crate_version: str) -> Failure | None:
        version = str(extension.metadata.get("version"))
        if _python_version(version) == _python_version(crate_version):
            return None
        # What shows the crate's version to Python would be wrong; else nobody sees it.
        shows = any(source.shows_version for source in extension.sources.values())
        return Failure(
            f"the version is `{version}` here and `{crate_version}` in `{extension.show(extension.crate.path)}`",
            where="pyproject.toml",
            words={"version": version},
            level="warning" if shows else "note",
        )


class PanicUnwinds(Check):
    """A panic unwinds, so that PyO3 can make it an exception."""

    id = "panic-unwinds"
    level = "warning"
    see = Section("panics", "the-end-of-the-process")
    fix = 'Remove `panic = "abort"` from `[profile.$profile]`'

    @staticmethod
    def check(catching_extension: Project) -> Failure | None:
        profiles = [name for name, table in catching_extension.crate.profiles.items() if table.get("panic") == "abort"]
        if not profiles:
            return None
        return Failure(
            f'`panic = "abort"` in {quote_names(f"profile.{name}" for name in profiles)}: a panic ends Python',
            where=catching_extension.show(catching_extension.crate.workspace_path),
            words={"profile": profiles[0]},
        )


def _python_version(text: Any) -> str:
    """Convert a Cargo version to Python's form: `0.8.0-rc.1` becomes `0.8.0rc1`."""
    try:
        return str(Version(str(text)))
    except InvalidVersion:
        return str(text)


def _invalid_fields(metadata: dict[str, Any]) -> Iterator[str]:
    """Yield the fields that no build backend accepts."""
    dynamic = metadata.get("dynamic", [])
    yield from (f"{name}: it is also in `dynamic`" for name in dynamic if name in metadata)
    version, python = metadata.get("version"), metadata.get("requires-python")
    for name, value, parse in (("version", version, Version), ("requires-python", python, SpecifierSet)):
        try:
            if value is not None and not (isinstance(value, str) and parse(value) is not None):
                yield f"{name}: `{value}` is not a string"
        except (InvalidVersion, InvalidSpecifier):
            yield f"{name}: `{value}` is not valid"
    for kind, word, names in KINDS:
        for name in names:
            if name in metadata and not isinstance(metadata[name], kind):
                yield f"{name}: `{metadata[name]}` is not a {word}"
    requirements = metadata.get("dependencies")
    for text in requirements if isinstance(requirements, list) else []:
        if read_requirement(text) is None:
            yield f"dependencies: `{text}` is not a valid requirement"


def _missing_bounds(builder: str, operators: set[str]) -> list[str]:
    if operators & {"==", "===", "~="}:
        return []
    missing = [] if operators & {">=", ">"} else ["lower"]
    # `maturin new` writes both; what is written for setuptools-rust has a lower one at most.
    return missing + ([] if operators & {"<", "<="} or builder != "maturin" else ["upper"])


def _series_names(requirement: str) -> set[str | None]:
    """Return the release series that a requirement allows; an unknown one as it is."""
    return set(allowed_series(requirement)) or {series_of(requirement)}


def _type_list(library: Any) -> str:
    """Return the key of the crate types: cargo accepts either spelling."""
    return "crate_type" if "crate_type" in library and "crate-type" not in library else "crate-type"
