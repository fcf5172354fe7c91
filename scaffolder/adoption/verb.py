"""Put an existing project under the template: record it, and add what features build on."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.adoption.backend import require_movable
from scaffolder.adoption.files import adopt_files
from scaffolder.adoption.metadata import read_answers
from scaffolder.adoption.reading import survey
from scaffolder.checkout.apply import apply
from scaffolder.checkout.checkout import (
    ANSWERS,
    Record,
    is_ours,
    locate,
    readable,
    require_changeable,
    require_recent_git,
)
from scaffolder.checkout.interruption import require_uninterrupted
from scaffolder.checkout.manifests import outdated_locks
from scaffolder.checkout.merge import MergeResult, Scratch, open_scratch
from scaffolder.checkout.obstacles import require_free
from scaffolder.checkout.project_merge import Plan, merge_project
from scaffolder.checkout.update import features_named, render_files, sort_features
from scaffolder.errors import InvalidAnswerError, ScaffolderError, UsageError, listing
from scaffolder.folders import temporary_folder
from scaffolder.template.answers import LAYOUT, NAME, Rules, complete, resolve
from scaffolder.template.catalog import InvalidYamlError, load_yaml
from scaffolder.template.releases import open_releases
from scaffolder.template.source import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaffolder.adoption.files import Adopted
    from scaffolder.adoption.reading import Survey
    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.manifests import LockFile
    from scaffolder.checkout.merge import Change, Conflict
    from scaffolder.template.catalog import Catalog
    from scaffolder.template.releases import Releases


@dataclass(frozen=True)
class Adoption:
    """What was done to a project, or would be.

    Attributes:
        name: The project's name.
        path: Its folder.
        version: The template's release that it has now.
        answers: What is recorded of it.
        layout: Where its parts are, as far as that differs from a new project.
        features: The features that were added.
        changes: What happens to its files.
        kept: Files of the template that the project has in a form of its own, and that stay as they are.
        omitted: Files of the template that it does without, because they are about how a project is checked and
            released.
        conflicts: What needs the user.
        locks: Lock files that no longer fit.
        notes: What else the user should know.
        difference: The unified diff, if it was asked for.
        dry_run: Whether nothing was written.
    """

    name: str
    path: Path
    version: str
    answers: Mapping[str, Any]
    layout: Mapping[str, str]
    features: tuple[str, ...]
    changes: tuple[Change, ...]
    kept: tuple[str, ...]
    omitted: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    locks: tuple[LockFile, ...]
    notes: tuple[str, ...]
    difference: str
    dry_run: bool


@readable()
def adopt(
    start: Path, features: Iterable[str] = (), *, maturin: bool = False, dry_run: bool = False, colour: bool = False
) -> Adoption:
    """Put a project under the template.

    Args:
        start: The project's folder, or one in it.
        features: Features to add; one text may name several, separated by commas.
        maturin: Let maturin build what setuptools-rust builds.
        dry_run: Compute the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project can't come under the template, or can't be changed now.
    """
    checkout = find_candidate(start)
    with open_releases() as releases, temporary_folder() as workspace:
        catalog = releases.catalog(releases.newest)
        project = survey(checkout.folder, series_of_template(catalog))
        move = move_notes(project) if maturin else ()
        given, known, notes = read_answers(project, catalog)
        record = record_of(project, catalog, releases.newest, given, known)
        chosen = sort_features(catalog, features_named(releases, record, features))
        scratch = open_scratch(workspace / "scratch", checkout, checkout.tree())
        template = render_files(releases, record.release, record, (), workspace / "template")
        adopted = adopt_files(project, scratch, template, maturin=maturin)
        record = with_layout(record, own=adopted.own)
        result = merge(releases, record, chosen, scratch, adopted, workspace)
        changes = tuple(scratch.changes(scratch.ours, result.tree))
        untouched = {*scratch.committed} - {change.path for change in changes}
        require_free(checkout, scratch, changes)
        if not dry_run:
            apply(checkout, scratch, changes, result.stages)
        difference = scratch.difference(scratch.ours, result.tree, colour=colour) if dry_run else b""
        return Adoption(
            name=record.name,
            path=checkout.folder,
            version=record.release,
            answers={name: value for name, value in record.answers.items() if name != LAYOUT},
            layout={name: value for name, value in record.answers[LAYOUT].items() if name != "own"},
            features=chosen,
            changes=changes,
            kept=tuple(path for path in adopted.own if path in untouched),
            omitted=tuple(path for path in adopted.own if path not in scratch.committed),
            conflicts=result.conflicts,
            locks=locks(checkout, project, scratch, result.tree),
            notes=(*move, *notes, *adopted.notes),
            difference=difference.decode("utf-8", "replace"),
            dry_run=dry_run,
        )


def move_notes(project: Survey) -> tuple[str, ...]:
    """Return what to know of a project that moves from setuptools-rust to maturin.

    Raises:
        ScaffolderError: It can't move.
    """
    if project.builder != "setuptools-rust":
        raise UsageError("`--maturin` is for projects that setuptools-rust builds", "leave it out")
    require_movable(project.manifests, project.python, project.package)
    if (project.folder / "MANIFEST.in").is_file():
        return ("maturin does not read `MANIFEST.in`: a source distribution has what git has",)
    return ()


def find_candidate(start: Path) -> Checkout:
    """Find the project that a folder belongs to, and refuse one that can't be changed now.

    Raises:
        ScaffolderError: There is none, it is under the template already, or it has unfinished work.
    """
    require_recent_git()
    # Unlike `Path.expanduser`, it leaves the home of nobody as it is.
    place = Path(os.path.expanduser(start)).resolve()  # noqa: PTH111
    if not place.is_dir():
        raise ScaffolderError(f"`{start}` is not a folder", "pass the project's folder with `--project DIR`")
    folder = next((parent for parent in (place, *place.parents) if is_project(parent)), place)
    if (folder / ANSWERS).is_file():
        raise recorded(folder / ANSWERS)
    checkout = locate(folder)
    require_uninterrupted(checkout)
    require_changeable(checkout)
    if not (folder / "pyproject.toml").is_file():
        require_project(checkout)
    return checkout


def recorded(path: Path) -> ScaffolderError:
    """Describe a project that comes from a template, this one or another."""
    try:
        content = load_yaml(path.read_bytes())
    except InvalidYamlError as error:
        return ScaffolderError(f"`{path}` can't be read: {error}", f"run `git checkout HEAD -- {ANSWERS}`")
    source = str(content.get("_src_path", "")) if isinstance(content, dict) else ""
    if is_ours(source):
        return ScaffolderError(
            f"`{path.parent}` is under the template already: it has a `{ANSWERS}`",
            "run `pyo3-new status`, or `pyo3-new add FEATURE`",
        )
    return ScaffolderError(
        f"`{path}` is of another template, `{source}`, and this one keeps its answers there, too",
        f"run `git mv {ANSWERS} .copier-answers.other.yml`, commit that, and name the file to `copier update`",
    )


def is_project(folder: Path) -> bool:
    """Whether a folder has a pyproject.toml, or is the top of a repository."""
    return any(os.path.lexists(folder / name) for name in ("pyproject.toml", ".git", ANSWERS))


def require_project(checkout: Checkout) -> None:
    """Name the projects in a folder that is none itself.

    Raises:
        ScaffolderError: In any case.
    """
    names = checkout.git("ls-files", "-z", "--", ".").decode("utf-8", "surrogateescape").split("\0")
    folders = [str(Path(name).parent) for name in names if name.endswith("/pyproject.toml")]
    if folders:
        raise ScaffolderError(
            f"there is no `pyproject.toml` in `{checkout.folder}`, but in {listing(folders[:5], 'and')}",
            f"run `pyo3-new adopt --project {folders[0]}`",
        )
    raise ScaffolderError(
        f"there is no `pyproject.toml` in `{checkout.folder}`",
        "pass the project's folder with `--project DIR`; for a crate alone, run `maturin init` first",
    )


def series_of_template(catalog: Catalog) -> str:
    """Return the release series of PyO3 that the template has."""
    return str(complete(Rules(catalog), {NAME: "example"})["pyo3_line"])


def record_of(
    project: Survey, catalog: Catalog, release: str, given: Mapping[str, Any], known: Mapping[str, Any]
) -> Record:
    """Return what is recorded of a project, but for the list of its own files.

    Raises:
        ScaffolderError: The template does not take what the project says.
    """
    rules = Rules(catalog)
    try:
        usual = str(complete(rules, {**given, LAYOUT: {"own": []}})["package_name"])
        package = {"package": project.package} if project.package != usual else {}
        # The list makes the layout an answer, also if everything is in the usual places.
        layout = {**package, **project.layout, "own": []}
        return Record(SOURCE, release, resolve(catalog, {**given, LAYOUT: layout}, known))
    except InvalidAnswerError as error:
        raise ScaffolderError(f"the template does not take what the project says: {error.message}") from error


def with_layout(record: Record, **values: Any) -> Record:
    """Return a record with more in its layout."""
    return replace(record, answers={**record.answers, LAYOUT: {**record.answers[LAYOUT], **values}})


def merge(
    releases: Releases, record: Record, features: tuple[str, ...], scratch: Scratch, adopted: Adopted, workspace: Path
) -> MergeResult:
    """Return the tree of the adopted project, with features merged as `add` would."""
    base = render_files(releases, record.release, record, (), workspace / "base")
    tree = scratch.with_files(scratch.ours, {**adopted.files, ANSWERS: base[ANSWERS]}, adopted.gone)
    if not features:
        return MergeResult(tree, {}, ())
    theirs = render_files(releases, record.release, record, features, workspace / "theirs")
    plan = Plan("add", record.release, features, features)
    result = merge_project(Scratch(scratch.folder, tree), plan, base, theirs, is_adopted=True)
    return MergeResult(result.tree, result.stages, result.conflicts, result.stubs)


def locks(checkout: Checkout, project: Survey, scratch: Scratch, tree: str) -> tuple[LockFile, ...]:
    """Return the lock files that are out of date."""
    if not any((checkout.folder / name).exists() for name in ("uv.lock", "Cargo.lock")):
        return ()
    after = Scratch(scratch.folder, tree).committed_files(["pyproject.toml", project.cargo_path])
    before = scratch.committed_files(["pyproject.toml", project.cargo_path])
    usual = {"pyproject.toml": "pyproject.toml", project.cargo_path: "Cargo.toml"}
    pairs = [{usual[path]: file for path, file in files.items()} for files in (before, after)]
    return tuple(lock for lock in outdated_locks(*pairs) if (checkout.folder / lock.path).exists())
