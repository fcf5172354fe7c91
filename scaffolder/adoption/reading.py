"""Read an existing project: how it is built, where its two halves are, and what can't come under the template."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scaffolder.adoption.backend import find_package, require_portable
from scaffolder.adoption.moving import has_builder, has_setup, move_metadata
from scaffolder.anatomy.manifests import read_manifests, table_of
from scaffolder.anatomy.project import OTHER_BINDINGS, read_project
from scaffolder.anatomy.versions import allowed_series
from scaffolder.errors import ScaffolderError, UsageError, listing
from scaffolder.files import Reader, is_file, is_folder
from scaffolder.rust.crate_source import read_crate_source
from scaffolder.rust.pymodules import root_modules

if TYPE_CHECKING:
    from scaffolder.anatomy.crates import Crate
    from scaffolder.anatomy.manifests import Manifests
    from scaffolder.anatomy.project import Project

Builder = Literal["maturin", "setuptools-rust", "python"]
PYTHON_FOLDER, CRATE_FOLDER, SOURCE_FOLDER, EXTENSION = "python", ".", "src", "_core"


@dataclass(frozen=True)
class Survey:
    """An existing project, as far as the template has to know it.

    Attributes:
        manifests: What says how it is built.
        crate: Its crate with PyO3; none if it has no Rust yet.
        builder: What builds it; `python` is any backend that compiles nothing.
        package: The package that callers import.
        python: The folder of that package, from the project's.
        crate_folder: The folder of the crate's Cargo.toml.
        source: The folder of the crate's `lib.rs`, from that.
        extension: The last part of the extension module's name.
        module: The Rust name of that module, if there is one.
        is_single: Whether the module is all that there is, without a package around it.
        moved: The pyproject.toml with what `setup.py` and `setup.cfg` say, if they have the metadata.
    """

    manifests: Manifests
    crate: Crate | None
    builder: Builder
    package: str
    python: str
    crate_folder: str
    source: str
    extension: str
    module: str | None = None
    is_single: bool = False
    moved: str | None = None

    @property
    def folder(self) -> Path:
        """Where the project is."""
        return self.manifests.folder

    @property
    def cargo_path(self) -> str:
        """The crate's Cargo.toml, there or not."""
        return join(self.crate_folder, "Cargo.toml")

    @property
    def library_path(self) -> str:
        """The crate's `lib.rs`, there or not."""
        return join(self.crate_folder, self.source, "lib.rs")

    @property
    def package_path(self) -> str:
        """The package's folder."""
        return join(self.python, self.package)

    @property
    def layout(self) -> dict[str, str]:
        """Where it differs from a project that the template made; the package is compared with the name elsewhere."""
        usual = {
            "python": PYTHON_FOLDER, "crate": CRATE_FOLDER, "source": SOURCE_FOLDER, "extension": EXTENSION,
        }  # fmt: skip
        found = {
            "python": self.python, "crate": self.crate_folder, "source": self.source, "extension": self.extension,
        }  # fmt: skip
        return {**{key: value for key, value in found.items() if value != usual[key]}, **self.workspace}

    @property
    def workspace(self) -> dict[str, str]:
        """The folder above the project that has the workspace of its crate, if there is one."""
        if self.crate is None or self.crate.workspace_path.is_relative_to(self.folder):
            return {}
        return {"workspace": Path(os.path.relpath(self.crate.workspace_path.parent, self.folder)).as_posix()}


def join(*parts: str) -> str:
    """Join paths, as git writes them."""
    return Path(*parts).as_posix()


def survey(folder: Path, line: str, *, maturin: bool = False) -> Survey:
    """Read a project.

    Args:
        folder: Where its pyproject.toml is.
        line: The release series of PyO3 that the template has.
        maturin: Whether maturin is to build what setuptools-rust builds.

    Raises:
        ScaffolderError: It can't come under the template; the error says why.
    """
    manifests = read_manifests(folder)
    if manifests.unreadable:
        problem = manifests.unreadable[0]
        raise ScaffolderError(f"`{problem.path}` can't be read: {problem.reason}")
    moved = None
    if has_setup(manifests):
        if has_builder(manifests) and not maturin:
            raise ScaffolderError(
                f"the metadata of `{folder}` is in `setup.py` or `setup.cfg`, and `add` needs `[project]`",
                "pass `--maturin`, which moves it there, or move it yourself",
            )
        manifests, moved = move_metadata(manifests)
    if not manifests.pyproject:
        raise ScaffolderError(
            f"there is no `pyproject.toml` in `{folder}`",
            "pass the folder that has one with `--project DIR`; for a crate alone, run `maturin init` first",
        )
    if "name" not in table_of(manifests.pyproject, "project"):
        raise ScaffolderError(
            f"`{manifests.pyproject_path}` has no `[project]` with a name: the metadata is somewhere else",
            "move what `setup.py`, `setup.cfg` or `[tool.poetry]` says to `[project]`",
        )
    if manifests.cargo_path is None:
        return replace(survey_python(manifests, is_moved=moved is not None), moved=moved)
    return replace(survey_extension(read_project(folder, manifests=manifests), line), moved=moved)


def survey_python(manifests: Manifests, *, is_moved: bool) -> Survey:
    """Read a project without Rust.

    Raises:
        ScaffolderError: Its build backend does what maturin can't, or it has no package of its own.
    """
    python, package = find_package(manifests)
    require_portable(manifests, python, package, is_moved=is_moved)
    crate_folder = "rust" if is_folder(manifests.folder / "src") else CRATE_FOLDER
    return Survey(manifests, None, "python", package, python, crate_folder, SOURCE_FOLDER, EXTENSION)


def survey_extension(project: Project, line: str) -> Survey:
    """Read a project with a crate.

    Raises:
        ScaffolderError: The crate is not one that the template can have.
    """
    builder = require_supported(project, line)
    crate_folder = inside(project.folder, project.crate.folder)
    library = project.crate.folder / str(project.crate.library.get("path", "src/lib.rs"))
    if library.name != "lib.rs" or not is_file(library):
        raise ScaffolderError(
            f"the library of `{project.crate.path}` is not in a `lib.rs`", f"rename `{library.name}` to `lib.rs`"
        )
    *above, extension = project.layout.module.split(".")
    if len(above) > 1:
        raise ScaffolderError(
            f"the extension module `{project.layout.module}` is inside of a subpackage",
            f"move it to `{above[0]}.{extension}`",
        )
    module = module_name(project, library, extension)
    source = inside(project.crate.folder, library.parent)
    if not above and project.layout.package is None:
        require_free_package(project, extension)
        return Survey(
            project.manifests, project.crate, builder, extension, PYTHON_FOLDER, crate_folder, source, EXTENSION,
            module, is_single=True,
        )  # fmt: skip
    package = above[0] if above else extension
    python = inside(project.folder, project.layout.source)
    if not is_folder(project.folder / python / package):
        raise ScaffolderError(
            f"the package `{package}` of the extension module is not in `{python}`",
            "set `python-source` in `[tool.maturin]`",
        )
    return Survey(project.manifests, project.crate, builder, package, python, crate_folder, source, extension, module)


def require_supported(project: Project, line: str) -> Builder:
    """Return what builds a crate.

    Raises:
        ScaffolderError: It is not a PyO3 extension module that maturin or setuptools-rust builds, or its PyO3 is old.
    """
    bindings = project.maturin.get("bindings")
    if bindings in OTHER_BINDINGS or project.pyo3 is None or project.pyo3.name != "pyo3":
        reason = f"it has `{bindings}` bindings" if bindings in OTHER_BINDINGS else "it does not depend on `pyo3`"
        raise ScaffolderError(
            f"`{project.crate.path}` is not a crate of a PyO3 extension module: {reason}",
            "make what uses PyO3 a project of its own with `pyo3-new new`",
        )
    if project.builder not in {"maturin", "setuptools-rust"}:
        raise ScaffolderError(
            f"`{project.pyproject_path}` does not say that maturin or setuptools-rust builds the project",
            "set `build-backend` in `[build-system]`",
        )
    if "dependencies" in project.metadata.get("dynamic", []):
        raise ScaffolderError(
            f"the dependencies are not in `{project.pyproject_path}`: `[project]` says that they are dynamic",
            "move them to `dependencies` in `[project]`",
        )
    targets = [extension.target for extension in project.extensions]
    if len(targets) > 1:
        raise ScaffolderError(
            f"the project has several extension modules: {listing(targets, 'and')}",
            "the template is for projects with one: keep one here, move each other with its crate to a folder with a "
            "`pyproject.toml` of its own, then run `pyo3-new adopt --project DIR` for each",
        )
    require_series(project, line)
    return "maturin" if project.builder == "maturin" else "setuptools-rust"


def require_series(project: Project, line: str) -> None:
    """Refuse a project with another PyO3 than the template's.

    Raises:
        ScaffolderError: It has another one, or nobody knows which.
    """
    requirement = project.pyo3.requirement if project.pyo3 else ""
    place = project.pyo3 and (project.pyo3.git or project.pyo3.path)
    if place:
        # Two of them can't be linked into one library.
        raise ScaffolderError(
            f"`{project.crate.path}` takes `pyo3` from `{place}`, and the crates of features bring the published one",
            f'depend on `pyo3 = "{line}"`',
        )
    series = allowed_series(requirement)
    if line in series:
        return
    shown = f'`pyo3 = "{requirement}"`' if requirement else "`pyo3` without a version"
    older = bool(series) and tuple(map(int, series[-1].split("."))) < tuple(map(int, line.split(".")))
    raise ScaffolderError(
        f"`{project.crate.path}` has {shown}, and the template is for PyO3 {line}",
        "run `pyo3-new migrate` first" if older else f'depend on `pyo3 = "{line}"`',
    )


def module_name(project: Project, library: Path, extension: str) -> str:
    """Return the Rust name of the crate's Python module.

    Raises:
        ScaffolderError: There is none of that name, or it is not at the top level of `lib.rs`.
    """
    reader = Reader()
    crate = read_crate_source(project.crate.library_name, library, reader)
    modules = root_modules(crate)
    match = next((module for module in modules if module.name == extension), None)
    if match is None:
        names = [module.name for module in modules if module.name]
        raise ScaffolderError(
            f"there is no `#[pymodule]` called `{extension}` in `{library}`"
            + (f", only {listing(names, 'and')}" if names else ""),
            "name it as the build does, in `module-name` of `[tool.maturin]` or `name` of `[lib]`",
        )
    if match.place.scope.path or match.file.path != library or match.is_conditional:
        raise ScaffolderError(
            f"the `#[pymodule]` `{match.rust_name}` is in `{match.file.path}`, line {match.line}, "
            "where features can't be exported",
            f"move it to the top level of `{library}`, without a `cfg`",
        )
    return match.rust_name


def require_free_package(project: Project, package: str) -> None:
    """Refuse a module without a package if there is something where its package would go.

    Raises:
        ScaffolderError: There is.
    """
    place = project.folder / PYTHON_FOLDER / package
    if os.path.lexists(place):
        raise ScaffolderError(
            f"`{place}` is in the way: the module `{package}` gets a package there",
            f'set `python-source = "{PYTHON_FOLDER}"` in `[tool.maturin]` if it is that package',
        )
    if project.builder != "maturin":
        raise ScaffolderError(
            f"the extension module `{package}` has no package around it",
            f'move it into one: `target = "{package}.{EXTENSION}"`',
        )


def inside(folder: Path, path: Path) -> str:
    """Return a path from a folder.

    Raises:
        UsageError: It is outside.
    """
    place = Path(os.path.normpath(path))
    if not place.is_relative_to(folder):
        raise UsageError(f"`{place}` is outside of `{folder}`", "pass the folder that holds both with `--project DIR`")
    return place.relative_to(folder).as_posix()
