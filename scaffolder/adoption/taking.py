"""Files of the template that a project does without until its owner asks for them: checks, releases, editors."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.adoption.files import PYPROJECT, edited, text
from scaffolder.adoption.manifests import merged
from scaffolder.adoption.reading import join
from scaffolder.adoption.ruff import NAMES, find_settings
from scaffolder.anatomy.manifests import table_of
from scaffolder.errors import ScaffolderError, UsageError, listing, near

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scaffolder.adoption.files import Adopted
    from scaffolder.adoption.reading import Survey
    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Files, Scratch

NOX, CI, WEEKLY = "noxfile.py", ".github/workflows/ci.yml", ".github/workflows/weekly.yml"
RELEASE = ".github/workflows/release.yml"
# What `--checks` brings.
CHECKS = (NOX, "deny.toml", CI, WEEKLY, ".github/dependabot.yml")
# Of these a project has one, whatever its ending.
DOCUMENTS = {"readme", "license", "changelog"}
# What a file can't do without, of the template's.
NEEDS = {
    NOX: ("deny.toml",),
    CI: (NOX,),
    WEEKLY: (NOX,),
    RELEASE: (NOX, ".github/release.py", "CHANGELOG.md"),
    ".vscode/launch.json": (".vscode/tasks.json",),
}
# What it needs in the manifests.
GROUPS = {NOX: ("dev", "api", "bench", "coverage", "dependencies", "threads"), ".pre-commit-config.yaml": ("dev",)}
SETTINGS = ("tombi", "typos", "coverage")
NOTES = {
    ".cargo/config.toml": "with `.cargo/config.toml` cargo builds for the Python of `.venv`: run `uv sync` first",
    ".gitattributes": (
        "with `.gitattributes` git keeps every text with LF: `git add --renormalize .` converts those with CRLF"
    ),
}
# Where tools have settings outside of `pyproject.toml`.
MYPY = ("mypy.ini", ".mypy.ini", "setup.cfg")


class Omitted:
    """The files of the template that a project does without, and which of them it can take.

    Args:
        survey: The project.
        checkout: Where it is.
        own: The template's files that are not rendered for it.
        committed: Its own files.
        maturin: Whether maturin builds it, or will.
    """

    def __init__(
        self, survey: Survey, checkout: Checkout, own: Iterable[str], committed: Iterable[str], *, maturin: bool
    ) -> None:
        self.survey = survey
        self.checkout = checkout
        self.maturin = maturin or survey.builder != "setuptools-rust"
        # Some disks have one file by the names `CI.yml` and `ci.yml`.
        self.present = {path.casefold(): path for path in committed}
        self.own = tuple(own)
        self.missing = tuple(path for path in own if path.casefold() not in self.present)
        self.available = tuple(path for path in self.missing if self.obstacle(path) is None)

    def obstacle(self, path: str) -> str | None:
        """Return why a file that is missing can't be taken, if it can't."""
        return next(self.obstacles(path), None)

    def obstacles(self, path: str) -> Iterator[str]:
        """Yield the reasons for which a file that is missing can't be taken."""
        survey = self.survey
        sources = f"{join(survey.crate_folder, survey.source)}/", f"{join(survey.package_path, survey.extension)}/"
        tests = {"tests/test_package.py", "benchmarks/conftest.py", join(survey.package_path, "__init__.py")}
        if path.startswith(sources) or path in tests:
            yield "it is about the code of a new project"
        if present := self.another_form(path):
            yield f"the project has a `{present}`"
        if self.checkout.prefix and path.startswith((".github/", ".pre-commit")):
            yield f"it works only at the top of the repository, and the project is in `{self.checkout.prefix}`"
        if path == NOX and not self.maturin:
            yield "it calls maturin, and setuptools-rust builds the project"
        for need in NEEDS.get(path, ()):
            present = self.present.get(need.casefold())
            if present and need == NOX and need in self.own:
                yield f"it runs sessions of the template's `{need}`, and the project's `{present}` is its own"
            elif present is None and (reason := self.obstacle(need)):
                yield f"it needs `{need}`, and {reason}"

    def another_form(self, path: str) -> str | None:
        """Return the project's own document of the same kind, such as `README.rst`."""
        kind = stem(path)
        return next((name for name in self.present.values() if stem(name) == kind), None) if kind in DOCUMENTS else None

    def choose(self, names: Iterable[str], *, checks: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the files that the owner wants, with those that they need, and notes about those that he can't have.

        Args:
            names: Files, and folders of them.
            checks: Whether he wants the checks.

        Raises:
            ScaffolderError: A file that he names can't be taken.
        """
        wanted = [path for name in names for path in self.named(name.removeprefix("./").rstrip("/"))]
        notes = []
        for path in CHECKS if checks else ():
            if path in self.available:
                wanted.append(path)
            elif path in self.own:
                notes.append(f"`{path}` is left out: {self.refusal(path)}")
        whole = [need for path in wanted for need in self.with_needs(path)]
        return tuple(sorted({*whole})), tuple(notes)

    def named(self, name: str) -> tuple[str, ...]:
        """Return the files that a name stands for.

        Raises:
            ScaffolderError: There is none that can be taken.
        """
        if name in self.available:
            return (name,)
        if name in self.own:
            raise ScaffolderError(f"`{name}` can't be taken: {self.refusal(name)}", self.way_out(name))
        inside = tuple(path for path in self.available if path.startswith(f"{name}/"))
        if not inside:
            raise UsageError(
                f"`{name}` is no file of the template that the project does without",
                near(name, self.available) if self.available else None,
            )
        return inside

    def refusal(self, path: str) -> str:
        """Return why a file that is the project's own, or missing, can't be taken."""
        if present := self.present.get(path.casefold()):
            return f"the project has a `{present}` of its own"
        return str(self.obstacle(path))

    def way_out(self, path: str) -> str | None:
        """Return what to do about a file that can't be taken."""
        if path.casefold() in self.present:
            return f"rename or delete `{self.present[path.casefold()]}`, commit that, and run this again"
        own = [need for need in NEEDS.get(path, ()) if need in self.own and need.casefold() in self.present]
        return f"rename or delete {listing(own, 'and')}, commit that, and run this again" if own else None

    def with_needs(self, path: str) -> Iterator[str]:
        """Yield a file and those that it needs, as far as they are missing."""
        if path in self.missing:
            yield path
            for need in NEEDS.get(path, ()):
                yield from self.with_needs(need)


def stem(path: str) -> str:
    """Return the first word of a file's name, as in `LICENSE-MIT` and `license.txt`; of one in a folder nothing."""
    return "" if "/" in path else path.casefold().partition(".")[0].partition("-")[0]


def take(survey: Survey, scratch: Scratch, template: Files, adopted: Adopted, paths: tuple[str, ...]) -> Adopted:
    """Add files of the template to those of an adopted project, and to its manifests what they need.

    Args:
        survey: The project.
        scratch: Where its files are read.
        template: The template's files for it.
        adopted: What becomes of its files.
        paths: The files to take.

    Raises:
        ScaffolderError: A manifest can't be merged.
    """
    if not paths:
        return adopted
    files = {**scratch.committed_files([PYPROJECT, survey.cargo_path]), **adopted.files}
    taken = {path: template[path] for path in paths}
    here = {*scratch.committed, *files, *paths}
    pyproject, cargo = (tomllib.loads(text(template, path)) for path in (PYPROJECT, survey.cargo_path))
    present = tomllib.loads(text(files, PYPROJECT))
    for path, additions in (
        (PYPROJECT, pyproject_parts(survey, present, pyproject, paths, here)),
        (survey.cargo_path, cargo_parts(survey, cargo, paths)),
    ):
        if additions:
            taken[path] = edited(files, path, merged(path, {}, text(files, path), additions))
    notes = tuple(needs(survey, present, tomllib.loads(text(files, survey.cargo_path)), paths, here))
    own = [path for path in adopted.own if path not in paths]
    return replace(adopted, files={**adopted.files, **taken}, own=own, notes=(*adopted.notes, *notes))


def pyproject_parts(
    survey: Survey, present: dict[str, Any], template: dict[str, Any], paths: Iterable[str], here: set[str]
) -> dict[str, Any]:
    """Return what files need in `pyproject.toml`: groups of tools, and settings without which a tool says nothing.

    Args:
        survey: The project.
        present: Its `pyproject.toml`.
        template: The template's.
        paths: The files.
        here: The files that the project will have.
    """
    names = {name for path in paths for name in GROUPS.get(path, ())}
    if not names:
        return {}
    groups = {name: entries for name, entries in template["dependency-groups"].items() if name in names}
    tools = table_of(present, "tool")
    settings = {name: template["tool"][name] for name in SETTINGS if name not in tools}
    if "mypy" not in tools and here.isdisjoint(MYPY):
        # Without its strictness: the code was not written for that.
        mypy = template["tool"]["mypy"]
        folders = [place for place in mypy["files"] if place == "." or is_there(place, here)]
        settings["mypy"] = {
            "mypy_path": mypy["mypy_path"],
            "explicit_package_bases": mypy["explicit_package_bases"],
            "files": folders,
        }
    if NOX in paths and here.isdisjoint(NAMES):
        settings["ruff"] = ruff_settings(survey.folder)
    return {"dependency-groups": groups, "tool": settings}


def ruff_settings(folder: Path) -> dict[str, Any]:
    """Return the settings with which ruff leaves `noxfile.py` as it is, whose lines are as long as the template's."""
    above = find_settings(folder)
    # Ruff reads the nearest settings only, so these would end what those of the repository say.
    rest = {"extend": Path(os.path.relpath(above, folder)).as_posix()} if above and above.parent != folder else {}
    return {**rest, "format": {"exclude": [NOX]}}


def is_there(place: str, here: set[str]) -> bool:
    """Whether a file is there, or a folder with Python files."""
    return place in here or any(path.startswith(f"{place}/") and path.endswith(".py") for path in here)


def cargo_parts(survey: Survey, template: dict[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Return what files need in the crate's Cargo.toml."""
    parts: dict[str, Any] = {}
    if NOX in paths:
        parts["package"] = {"rust-version": template["package"]["rust-version"]}
        if is_alone(survey):
            parts["profile"] = {"editable": template["profile"]["editable"]}
    if join(survey.crate_folder, "build.rs") in paths:
        parts["build-dependencies"] = template["build-dependencies"]
    return parts


def is_alone(survey: Survey) -> bool:
    """Whether cargo reads the profiles of the crate's own Cargo.toml."""
    return survey.crate is None or survey.crate.workspace_path == survey.crate.path


def needs(
    survey: Survey, pyproject: Mapping[str, Any], cargo: Mapping[str, Any], paths: Iterable[str], here: set[str]
) -> Iterator[str]:
    """Yield what the owner has to do before files work that he takes."""
    project = table_of(dict(pyproject), "project")
    if NOX in paths:
        where = "" if survey.crate_folder == "." else f" --manifest-path {survey.cargo_path}"
        yield (
            "`nox -s lint` holds the whole project to the template's checks, so code that was not written for them "
            "fails at first: run `uv run nox -s stubs`, `uv run ruff check --fix`, `uv run ruff format`, "
            f"`uv run tombi format` and `cargo fmt{where}` once, then `uv run nox -s lint`, and take out of `LINTS` in "
            f"`{NOX}` what the project does without"
        )
        yield from crate_needs(survey, cargo)
    if {NOX, ".github/release.py"} & {*paths} and "version" not in project:
        readers = [name for name, path in (("nox -s api", NOX), (RELEASE, ".github/release.py")) if path in paths]
        yield (
            f"{listing(readers, 'and')} {'reads' if len(readers) == 1 else 'read'} `version` in `[project]`, which has "
            "none: write it there, the same as in `Cargo.toml`, and take it out of `dynamic`"
        )
    yield from (NOTES[path] for path in paths if path in NOTES)
    locks = [path for path in ("Cargo.lock", "uv.lock") if path not in here]
    if {CI, RELEASE} & {*paths} and locks:
        commands = {"Cargo.lock": "cargo generate-lockfile", "uv.lock": "uv lock"}
        made = " and ".join(f"`{commands[path]}`" for path in locks)
        yield f"the workflows need {listing(locks, 'and')} in the repository: run {made}, and commit what they write"
    if CI in paths:
        yield (
            f"`{CI}` runs the sessions lint, dependencies, api, test, threads, oldest and coverage of `{NOX}` on the "
            "branch `main`: try them with `uv run nox -s NAME`, and delete the jobs that the project does without"
        )


def crate_needs(survey: Survey, cargo: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the sessions of `noxfile.py` need of the crate."""
    version = table_of(dict(cargo), "package").get("rust-version")
    if isinstance(version, dict):
        yield f"`nox -s oldest` reads `rust-version` in `{survey.cargo_path}`, not in the workspace: write it there"
    if survey.crate and not is_alone(survey) and "editable" not in survey.crate.profiles:
        yield (
            "`nox -s stubs` builds with the profile `editable`: write `[profile.editable]` and "
            f'`inherits = "dev"` in `{survey.crate.workspace_path}`'
        )
    dependency = survey.crate.dependency("pyo3") if survey.crate else None
    if dependency and "extension-module" in dependency.features:
        yield (
            "`nox -s test` runs `cargo test`, which can't link with the feature `extension-module` of pyo3: "
            f"take it out of `{survey.cargo_path}`, maturin sets what it did"
        )
