"""Put an existing project under the template: record it, and add what features build on."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.adoption.backend import require_movable, source_notes
from scaffolder.adoption.files import PYPROJECT, Adopted, adopt_files
from scaffolder.adoption.metadata import read_answers
from scaffolder.adoption.reading import survey
from scaffolder.adoption.setup_files import CONFIGURATION, SCRIPT
from scaffolder.adoption.taking import Omitted
from scaffolder.adoption.taking import take as take_files
from scaffolder.anatomy.manifests import read_toml, table_of
from scaffolder.checkout.answers import features_named, open_record, sort_features
from scaffolder.checkout.apply import apply
from scaffolder.checkout.checkout import (
    ANSWERS,
    Record,
    is_ours,
    locate,
    readable,
    require_changeable,
    require_ready,
    require_recent_git,
)
from scaffolder.checkout.interruption import require_uninterrupted
from scaffolder.checkout.manifests import stale_locks
from scaffolder.checkout.merge import MergeResult, Scratch, match_line_endings, open_scratch
from scaffolder.checkout.obstacles import require_free
from scaffolder.checkout.project_merge import Plan, merge_project
from scaffolder.checkout.update import render_files
from scaffolder.errors import InvalidAnswerError, ScaffolderError, UsageError, listing
from scaffolder.folders import temporary_folder
from scaffolder.template.answers import LAYOUT, NAME, Rules, complete, resolve
from scaffolder.template.catalog import InvalidYamlError, load_yaml
from scaffolder.template.releases import open_releases
from scaffolder.template.source import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
        taken: Files of the template that the owner asked for, and those that they need.
        kept: Files of the template that the project has in a form of its own, and that stay as they are.
        omitted: Files of the template that it does without, because they are about how a project is checked and
            released; the owner can take them.
        conflicts: What needs the user.
        locks: Lock files that no longer fit.
        notes: What else the user should know.
        difference: The unified diff, if it was asked for.
        dry_run: Whether nothing was written.
        is_new: Whether it was not under the template before.
    """

    name: str
    path: Path
    version: str
    answers: Mapping[str, Any]
    layout: Mapping[str, str]
    features: tuple[str, ...]
    changes: tuple[Change, ...]
    taken: tuple[str, ...]
    kept: tuple[str, ...]
    omitted: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    locks: tuple[LockFile, ...]
    notes: tuple[str, ...]
    difference: str
    dry_run: bool
    is_new: bool = True


@readable()
def adopt(  # noqa: PLR0913
    start: Path,
    features: Iterable[str] = (),
    *,
    maturin: bool = False,
    names: Iterable[str] = (),
    checks: bool = False,
    dry_run: bool = False,
    colour: bool = False,
) -> Adoption:
    """Put a project under the template.

    Args:
        start: The project's folder, or one in it.
        features: Features to add; one text may name several, separated by commas.
        maturin: Let maturin build what setuptools-rust builds.
        names: Files of the template to take that adopted projects do without, and folders of them; also later.
        checks: Take those that check the project.
        dry_run: Compute the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project can't come under the template, or can't be changed now.
    """
    folder = find_folder(start)
    if (names or checks) and (folder / ANSWERS).is_file():
        if features or maturin:
            raise UsageError(
                f"`{folder}` is under the template already, where only `--checks` and `--take` work",
                "run `pyo3-new add FEATURE`" if features else "leave out `--maturin`",
            )
        return take(locate(folder), names, checks=checks, dry_run=dry_run, colour=colour)
    checkout = find_candidate(folder)
    with open_releases() as releases, temporary_folder() as workspace:
        catalog = releases.catalog(releases.newest)
        project = survey(checkout.folder, series_of_template(catalog), maturin=maturin)
        move = move_notes(project, maturin=maturin)
        given, known, notes = read_answers(project, catalog)
        record = record_of(project, catalog, releases.newest, given, known)
        chosen = sort_features(catalog, features_named(releases, record, features))
        scratch = open_scratch(workspace / "scratch", checkout, checkout.tree())
        template = render_files(releases, record.release, record, (), workspace / "template")
        adopted = adopt_files(project, scratch, template, maturin=maturin)
        omitted = Omitted(project, checkout, adopted.own, {*scratch.committed, *adopted.files}, maturin=maturin)
        paths, left_notes = omitted.choose(names, checks=checks)
        adopted = take_files(project, scratch, template, adopted, paths)
        record = with_layout(record, own=adopted.own)
        result = merge(releases, record, chosen, scratch, adopted, workspace)
        changes = write(checkout, scratch, result, dry_run=dry_run)
        untouched = {*scratch.committed} - {change.path for change in changes}
        return Adoption(
            name=record.name,
            path=checkout.folder,
            version=record.release,
            answers={name: value for name, value in record.answers.items() if name != LAYOUT},
            layout={name: value for name, value in record.answers[LAYOUT].items() if name != "own"},
            features=chosen,
            changes=changes,
            taken=paths,
            kept=tuple(path for path in adopted.own if path in untouched),
            omitted=tuple(path for path in omitted.available if path not in paths),
            conflicts=result.conflicts,
            locks=locks(checkout, project, scratch, result.tree),
            notes=(*move, *notes, *adopted.notes, *left_notes),
            difference=difference(scratch, result.tree, colour=colour) if dry_run else "",
            dry_run=dry_run,
        )


def take(
    checkout: Checkout, names: Iterable[str], *, checks: bool = False, dry_run: bool = False, colour: bool = False
) -> Adoption:
    """Bring files of the template to a project that came under it without them.

    Args:
        checkout: The project.
        names: The files, and folders of them.
        checks: Take those that check the project.
        dry_run: Compute the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project has no such file to take, or can't be changed now.
    """
    with open_releases() as releases, temporary_folder() as workspace:
        record = open_record(checkout, releases)
        if not record.own:
            raise ScaffolderError(
                f"nothing of the template was left out of `{record.name}`",
                "`pyo3-new diff` shows what you deleted since",
            )
        require_ready(checkout)
        project = survey(checkout.folder, series_of_template(releases.catalog(record.release)))
        scratch = open_scratch(workspace / "scratch", checkout, checkout.tree())
        omitted = Omitted(project, checkout, record.own, scratch.committed, maturin=False)
        paths, left_notes = omitted.choose(names, checks=checks)
        whole = with_layout(record, own=[path for path in record.own if path not in paths])
        template = render_files(releases, record.release, whole, record.features, workspace / "template")
        adopted = take_files(project, scratch, template, Adopted({}, (), list(record.own), ()), paths)
        tree = scratch.with_files(scratch.ours, {**adopted.files, **({ANSWERS: template[ANSWERS]} if paths else {})})
        result = MergeResult(tree, {}, ())
        return Adoption(
            name=record.name,
            path=checkout.folder,
            version=record.release,
            answers={},
            layout={},
            features=(),
            changes=write(checkout, scratch, result, dry_run=dry_run),
            taken=paths,
            kept=(),
            omitted=tuple(path for path in omitted.available if path not in paths),
            conflicts=(),
            locks=locks(checkout, project, scratch, tree),
            notes=(*adopted.notes, *left_notes),
            difference=difference(scratch, tree, colour=colour) if dry_run else "",
            dry_run=dry_run,
            is_new=False,
        )


def write(checkout: Checkout, scratch: Scratch, result: MergeResult, *, dry_run: bool) -> tuple[Change, ...]:
    """Write what a project becomes, unless this is a dry run, and return the changes."""
    changes = tuple(scratch.changes(scratch.ours, result.tree))
    require_free(checkout, scratch, changes)
    if not dry_run:
        apply(checkout, scratch, changes, result.stages)
    return changes


def difference(scratch: Scratch, tree: str, *, colour: bool) -> str:
    """Return the unified diff from the project to what it becomes."""
    return scratch.difference(scratch.ours, tree, colour=colour).decode("utf-8", "replace")


def move_notes(project: Survey, *, maturin: bool) -> tuple[str, ...]:
    """Return what to know of a project that moves from setuptools to maturin.

    Raises:
        ScaffolderError: It can't move.
    """
    if maturin:
        if project.builder != "setuptools-rust":
            raise UsageError("`--maturin` is for projects that setuptools-rust builds", "leave it out")
        require_movable(project.manifests, project.python, project.package, is_moved=project.moved is not None)
    moved, notes = project.moved is not None, []
    if moved:
        names = [name for name in (SCRIPT, CONFIGURATION) if (project.folder / name).is_file()]
        notes.append(
            f"what {listing(names, 'and')} said of the project is in `[project]` of `{PYPROJECT}`: read it again"
        )
    if maturin or project.builder == "python":
        notes += source_notes(project.manifests)
    return tuple(notes)


def find_folder(start: Path) -> Path:
    """Return the folder of the project that a folder belongs to.

    Raises:
        ScaffolderError: It is no folder.
    """
    require_recent_git()
    # Unlike `Path.expanduser`, it leaves the home of nobody as it is.
    place = Path(os.path.expanduser(start)).resolve()  # noqa: PTH111
    if not place.is_dir():
        raise ScaffolderError(f"`{start}` is not a folder", "pass the project's folder with `--project DIR`")
    return next((parent for parent in (place, *place.parents) if is_project(parent)), place)


def find_candidate(folder: Path) -> Checkout:
    """Return a project, and refuse one that can't be changed now.

    Raises:
        ScaffolderError: There is none, it is under the template already, or it has unfinished work.
    """
    if (folder / ANSWERS).is_file():
        raise recorded(folder / ANSWERS)
    checkout = locate(folder)
    require_uninterrupted(checkout)
    require_changeable(checkout)
    if not any((folder / name).is_file() for name in (PYPROJECT, SCRIPT, CONFIGURATION)):
        require_project(checkout)
    if not describes_project(folder):
        name_projects(checkout, f"`{folder / PYPROJECT}` has no `[project]`: the projects are")
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
            "run `pyo3-new status`, `pyo3-new add FEATURE` or `pyo3-new adopt --take PATH`",
        )
    return ScaffolderError(
        f"`{path}` is of another template, `{source}`, and this one keeps its answers there, too",
        f"run `git mv {ANSWERS} .copier-answers.other.yml`, commit that, and name the file to `copier update`",
    )


def is_project(folder: Path) -> bool:
    """Whether a folder has a pyproject.toml or a setup.py, or is the top of a repository."""
    return any(os.path.lexists(folder / name) for name in (PYPROJECT, SCRIPT, CONFIGURATION, ".git", ANSWERS))


def require_project(checkout: Checkout) -> None:
    """Name the projects in a folder that is none itself.

    Raises:
        ScaffolderError: In any case.
    """
    name_projects(checkout, f"there is no `pyproject.toml` in `{checkout.folder}`, but")
    raise ScaffolderError(
        f"there is no `pyproject.toml` in `{checkout.folder}`",
        "pass the project's folder with `--project DIR`; for a crate alone, run `maturin init` first",
    )


def name_projects(checkout: Checkout, state: str) -> None:
    """Name the projects in the folders of another one.

    Args:
        checkout: The other one.
        state: What is the matter with it.

    Raises:
        ScaffolderError: There are some.
    """
    names = checkout.git("ls-files", "-z", "--", ".").decode("utf-8", "surrogateescape").split("\0")
    folders = [str(Path(name).parent) for name in names if name.endswith("/pyproject.toml")]
    if folders:
        raise ScaffolderError(
            f"{state} in {listing(folders[:5], 'and')}", f"run `pyo3-new adopt --project {folders[0]}`"
        )


def describes_project(folder: Path) -> bool:
    """Whether a folder has the metadata of a project, as far as that can be read; a workspace of uv's has none."""
    try:
        data = read_toml(folder / PYPROJECT)
    except ScaffolderError:
        return True
    is_elsewhere = any((folder / name).is_file() for name in (SCRIPT, CONFIGURATION))
    return is_elsewhere or "project" in data or "poetry" in table_of(data, "tool")


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
    answers = match_line_endings({ANSWERS: base[ANSWERS]}, scratch.committed_files(base))
    tree = scratch.with_files(scratch.ours, {**adopted.files, **answers}, adopted.gone)
    if not features:
        return MergeResult(tree, {}, ())
    theirs = render_files(releases, record.release, record, features, workspace / "theirs")
    plan = Plan("add", record.release, features, features)
    result = merge_project(Scratch(scratch.folder, tree), plan, base, theirs, is_adopted=True)
    return MergeResult(result.tree, result.stages, result.conflicts, result.stubs)


def locks(checkout: Checkout, project: Survey, scratch: Scratch, tree: str) -> tuple[LockFile, ...]:
    """Return the lock files that are out of date."""
    before, after = (
        Scratch(scratch.folder, name).committed_files([PYPROJECT, project.cargo_path]) for name in (scratch.ours, tree)
    )
    return stale_locks(checkout.folder, before, after, project.workspace.get("workspace"))
