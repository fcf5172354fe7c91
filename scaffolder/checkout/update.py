"""Add features to a project, remove them, or update it to a newer template."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from scaffolder import __version__
from scaffolder.checkout.answers import (
    changed_answers,
    features_named,
    open_record,
    require_suitable,
    require_valid_answers,
    sort_features,
)
from scaffolder.checkout.apply import apply
from scaffolder.checkout.checkout import readable, require_ready
from scaffolder.checkout.manifests import behind_versions, stale_locks
from scaffolder.checkout.merge import open_scratch, read_files
from scaffolder.checkout.missing import missing_files
from scaffolder.checkout.obstacles import require_free
from scaffolder.checkout.project_merge import Plan, merge_project
from scaffolder.checkout.pythons import old_pythons
from scaffolder.checkout.uses import find_uses
from scaffolder.errors import ScaffolderError
from scaffolder.folders import temporary_folder
from scaffolder.template.bundle import order
from scaffolder.template.generate import render
from scaffolder.template.releases import UPGRADE, PublicTags, open_releases, to_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from scaffolder.checkout.checkout import Checkout, Record
    from scaffolder.checkout.manifests import LockFile
    from scaffolder.checkout.merge import Change, Conflict, Files
    from scaffolder.checkout.project_merge import Verb
    from scaffolder.checkout.uses import Use
    from scaffolder.template.releases import Notes, Releases


@dataclass(frozen=True)
class Outcome:
    """What was done to a project, or would be.

    Attributes:
        verb: What the user asked for.
        names: The features that were added or removed.
        name: The project's name.
        path: Its folder.
        version: The template's release before and after.
        features: The features before and after.
        answers: The other answers that changed: before, or none if the question is new, and after.
        changes: What happens to its files.
        conflicts: What needs the user.
        stubs: Generated stubs that git could not merge, and that were merged by what they define.
        uses: The user's own lines that use what was removed.
        locks: Lock files that no longer fit.
        changelog: What is new in the template.
        notes: What else the user should know.
        difference: The unified diff, if it was asked for.
        dry_run: Whether nothing was written.
        has_nox: Whether the project has the template's `noxfile.py`.
    """

    verb: Verb
    names: tuple[str, ...]
    name: str
    path: Path
    version: tuple[str, str]
    features: tuple[tuple[str, ...], tuple[str, ...]]
    answers: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    stubs: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    locks: tuple[LockFile, ...] = ()
    changelog: tuple[Notes, ...] = ()
    notes: tuple[str, ...] = ()
    difference: str = ""
    dry_run: bool = False
    has_nox: bool = True


@dataclass(frozen=True)
class Newer:
    """Whether there is a newer release for a project.

    Attributes:
        version: The project's release.
        newest: The newest one known, or the one that the user named.
        changelog: What is in the newer ones.
        notes: What else the user should know.
        named: Whether the user named it.
    """

    version: str
    newest: str
    changelog: tuple[Notes, ...]
    notes: tuple[str, ...]
    named: bool = False

    @property
    def current(self) -> bool:
        """Whether the project has the newest release."""
        return order(self.newest) <= order(self.version)


def add(checkout: Checkout, names: Iterable[str], *, dry_run: bool = False, colour: bool = False) -> Outcome:
    """Give a project more features.

    Args:
        checkout: The project.
        names: Features; one text may name several, separated by commas.
        dry_run: Compute the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project can't be changed now, or there is no such feature.
    """
    with open_releases() as releases:
        record = open_record(checkout, releases)
        chosen = features_named(releases, record, names)
        new = tuple(name for name in chosen if name not in record.features)
        notes = tuple(f"the project has `{name}` already" for name in chosen if name in record.features)
        features = sort_features(releases.catalog(record.release), {*record.features, *new})
        plan = Plan("add", record.release, features, new)
        if not new:
            return no_change(checkout, plan, notes)
        require_suitable(releases.catalog(record.release), record, features)
        require_ready(checkout)
        return change(checkout, releases, plan, notes, dry_run=dry_run, colour=colour)


def remove(
    checkout: Checkout, names: Iterable[str], *, force: bool = False, dry_run: bool = False, colour: bool = False
) -> Outcome:
    """Take features out of a project.

    Args:
        checkout: The project.
        names: Features; one text may name several, separated by commas.
        force: Also remove files of theirs that the user edited.
        dry_run: Compute the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project can't be changed now, there is no such feature, or files were edited.
    """
    with open_releases() as releases:
        record = open_record(checkout, releases)
        chosen = features_named(releases, record, names)
        old = tuple(name for name in chosen if name in record.features)
        notes = tuple(f"the project does not have `{name}`" for name in chosen if name not in record.features)
        features = tuple(name for name in record.features if name not in old)
        plan = Plan("remove", record.release, features, old, force)
        if not old:
            return no_change(checkout, plan, notes)
        require_ready(checkout)
        return change(checkout, releases, plan, notes, dry_run=dry_run, colour=colour)


def update(
    checkout: Checkout,
    version: str | None = None,
    *,
    data: Sequence[str] = (),
    offline: bool = False,
    dry_run: bool = False,
    colour: bool = False,
) -> Outcome:
    """Bring a project to a newer release of the template, or to other answers, or both.

    Args:
        checkout: The project.
        version: A release; by default the newest one known.
        data: Answers to change, as `KEY=VALUE`.
        offline: Ask no public repository for newer ones.
        dry_run: Compute the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project can't be changed now, there is no such release, or an answer is rejected.
    """
    wanted = to_tag(version) if version else None
    with open_releases() as releases:
        public = PublicTags(offline=offline or wanted in releases.carried)
        try:
            record = open_record(checkout, releases)
            require_ready(checkout)
            target, notes = (wanted, ()) if wanted else newest(releases, public)
        finally:
            public.close()
        if order(target) < order(record.release):
            raise ScaffolderError(
                f"the project has release `{record.release}` and can't go back to `{target}`",
                "go back in the project's own history, with `git log` and `git revert`",
            )
        if target not in releases.carried and offline:
            raise ScaffolderError(f"the release `{target}` did not come with pyo3-new", "leave out `--offline`")
        releases.obtain(target)
        answers, data_notes = changed_answers(releases.catalog(target), record, data)
        plan = Plan("update", target, record.features, answers=answers)
        notes = (*notes, *data_notes)
        if target == record.release and not answers:
            return no_change(checkout, plan, notes if data else (*notes, f"the project has release `{target}` already"))
        if target not in releases.carried:
            notes = (*notes, f"pyo3-new {__version__} can't `add` to a project with release `{target}`: {UPGRADE}")
        outcome = change(checkout, releases, plan, notes, dry_run=dry_run, colour=colour)
        return replace(outcome, changelog=releases.changes(record.release, target))


def check(checkout: Checkout, version: str | None = None, *, offline: bool = False) -> Newer:
    """Check whether there is a newer release for a project.

    Args:
        checkout: The project.
        version: A release to compare with; by default the newest one known.
        offline: Ask no public repository.

    Raises:
        ScaffolderError: The answer is unknown.
    """
    wanted = to_tag(version) if version else None
    with open_releases() as releases:
        public = PublicTags(offline=offline or wanted in releases.carried)
        try:
            record = open_record(checkout, releases)
            target, notes = (wanted, ()) if wanted else newest(releases, public)
        finally:
            public.close()
        if notes and order(target) <= order(record.release):
            raise ScaffolderError(
                f"the public repository did not answer, so `{record.release}` may not be the newest",
                "try again, or pass `--offline` to compare with the releases in this pyo3-new",
            )
        if order(target) > order(record.release):
            try:
                releases.obtain(target)
            except ScaffolderError as error:
                notes = (*notes, error.message)
        return Newer(record.release, target, releases.changes(record.release, target), notes, named=bool(wanted))


def newest(releases: Releases, public: PublicTags) -> tuple[str, tuple[str, ...]]:
    """Return the newest known release, and notes about it for the user."""
    tags = public.answer()
    if tags:
        return max(releases.newest, tags[-1], key=order), ()
    if public.process is None:
        return releases.newest, ()
    return releases.newest, ("the public repository did not answer; only the releases in this pyo3-new were compared",)


def no_change(checkout: Checkout, plan: Plan, notes: Sequence[str]) -> Outcome:
    """Return the outcome of a command that has nothing to do."""
    record = checkout.record
    versions, features = (record.release, record.release), (record.features, record.features)
    return Outcome(plan.verb, plan.names, record.name, checkout.folder, versions, features, notes=tuple(notes))


@readable()
def change(
    checkout: Checkout, releases: Releases, plan: Plan, notes: Sequence[str], *, dry_run: bool, colour: bool
) -> Outcome:
    """Compute what a project becomes, and write it unless this is a dry run."""
    record = checkout.record
    with temporary_folder() as workspace:
        base = render_files(releases, record.release, record, record.features, workspace / "base")
        target = replace(record, answers={**record.answers, **plan.answers})
        theirs = render_files(releases, plan.release, target, plan.features, workspace / "theirs")
        scratch = open_scratch(workspace / "scratch", checkout, checkout.tree())
        merge = merge_project(scratch, plan, base, theirs, is_adopted=bool(record.layout))
        require_free(checkout, scratch, merge.changes)
        if not dry_run:
            apply(checkout, scratch, merge.changes, merge.stages)
        return Outcome(
            verb=plan.verb,
            names=plan.names,
            name=record.name,
            path=checkout.folder,
            version=(record.release, plan.release),
            features=(record.features, plan.features),
            answers={name: (record.answers.get(name), value) for name, value in plan.answers.items()},
            changes=merge.changes,
            conflicts=merge.conflicts,
            stubs=merge.stubs,
            uses=find_uses(scratch, merge.tree, base, theirs) if plan.verb == "remove" or plan.answers else (),
            locks=stale_locks(checkout.folder, merge.ours, merge.files, record.workspace),
            notes=(
                *notes,
                *(f"`{path}` changed in the template; it stays deleted as you left it" for path in merge.gone),
                *(
                    f'set `version = "{version}"` in `{path}`, too: the project has that version'
                    for path, version in behind_versions(merge.ours, merge.files)
                ),
                *missing_files(checkout, merge.changes, merge.files, {*theirs, *record.own}, scratch.blobs(merge.tree)),
                *old_pythons(merge.ours, merge.files, releases.catalog(plan.release).choices_of("python_min")[0]),
            ),
            difference=scratch.difference(scratch.ours, merge.tree, colour=colour).decode("utf-8", "replace")
            if dry_run
            else "",
            dry_run=dry_run,
            has_nox="noxfile.py" not in record.own,
        )


def render_files(releases: Releases, tag: str, record: Record, features: tuple[str, ...], folder: Path) -> Files:
    """Render a release with a project's answers, except those that are computed; without files that are its own."""
    catalog = releases.catalog(tag)
    computed = {question.name for question in catalog.questions if question.computed}
    answers: dict[str, Any] = {name: value for name, value in record.answers.items() if name not in computed}
    answers["features"] = list(features)
    try:
        render(releases.template(tag, record.source), answers, folder)
    except ScaffolderError:
        require_valid_answers(catalog, answers)
        raise
    # Copier before 9.18 does not read a list of files to leave out.
    return {path: file for path, file in read_files(folder).items() if path not in record.own}
