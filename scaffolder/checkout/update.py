"""From a project to the same project with other features, or with a newer template."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scaffolder.checkout import apply as journal
from scaffolder.checkout.checkout import ANSWERS, TEMPLATE, require_ready, require_settled
from scaffolder.checkout.manifests import MANIFESTS, faults, outdated
from scaffolder.checkout.merge import Conflict, File, Scratch, like, read_files
from scaffolder.checkout.uses import find_uses
from scaffolder.errors import InvalidAnswerError, ScaffolderError, listing, near
from scaffolder.folders import temporary_folder
from scaffolder.template.bundle import order
from scaffolder.template.generate import render
from scaffolder.template.releases import PublicTags, open_releases, to_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from scaffolder.checkout.checkout import Checkout, Record
    from scaffolder.checkout.manifests import LockFile
    from scaffolder.checkout.merge import Change, Files, Merged
    from scaffolder.checkout.uses import Use
    from scaffolder.template.catalog import Catalog
    from scaffolder.template.releases import Notes, Releases

BROKEN = "broken"


@dataclass(frozen=True)
class Plan:
    """What is wanted of a project.

    Attributes:
        operation: In the user's words, such as `add numpy`.
        release: The tag that the project is going to have.
        features: The features that it is going to have.
        force: Whether files that the user edited may go.
    """

    operation: str
    release: str
    features: tuple[str, ...]
    force: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was done to a project, or would be.

    Attributes:
        operation: In the user's words, such as `add numpy`.
        name: The project's name.
        path: Its folder.
        version: The template's release before and after.
        features: The features before and after.
        changes: What happens to its files.
        conflicts: What needs the user.
        uses: The user's own lines that use what was removed.
        locks: Lock files that no longer fit.
        changelog: What is new in the template.
        notes: What else the user should know.
        difference: The unified diff, if it was asked for.
        dry_run: Whether nothing was written.
    """

    operation: str
    name: str
    path: Path
    version: tuple[str, str]
    features: tuple[tuple[str, ...], tuple[str, ...]]
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    uses: tuple[Use, ...] = ()
    locks: tuple[LockFile, ...] = ()
    changelog: tuple[Notes, ...] = ()
    notes: tuple[str, ...] = ()
    difference: str = ""
    dry_run: bool = False


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
        names: Features, also several with commas between them.
        dry_run: Work out the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project is in no state to be changed, or there is no such feature.
    """
    with open_releases() as releases:
        record = opened(checkout, releases)
        chosen = features_named(releases, record, names)
        new = [name for name in chosen if name not in record.features]
        notes = tuple(f"the project has `{name}` already" for name in chosen if name in record.features)
        features = ordered(releases.catalog(record.release), {*record.features, *new})
        plan = Plan(f"add {' '.join(new)}", record.release, features)
        if not new:
            return unchanged(checkout, replace(plan, operation="add"), notes)
        require_ready(checkout)
        return change(checkout, releases, plan, notes, dry_run=dry_run, colour=colour)


def remove(
    checkout: Checkout, names: Iterable[str], *, force: bool = False, dry_run: bool = False, colour: bool = False
) -> Outcome:
    """Take features out of a project.

    Args:
        checkout: The project.
        names: Features, also several with commas between them.
        force: Also remove files of theirs that the user edited.
        dry_run: Work out the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project is in no state to be changed, there is no such feature, or files were edited.
    """
    with open_releases() as releases:
        record = opened(checkout, releases)
        chosen = features_named(releases, record, names)
        old = [name for name in chosen if name in record.features]
        notes = tuple(f"the project does not have `{name}`" for name in chosen if name not in record.features)
        features = tuple(name for name in record.features if name not in old)
        plan = Plan(f"remove {' '.join(old)}", record.release, features, force)
        if not old:
            return unchanged(checkout, replace(plan, operation="remove"), notes)
        require_ready(checkout)
        return change(checkout, releases, plan, notes, dry_run=dry_run, colour=colour)


def update(
    checkout: Checkout,
    version: str | None = None,
    *,
    offline: bool = False,
    dry_run: bool = False,
    colour: bool = False,
) -> Outcome:
    """Bring a project to a newer release of the template.

    Args:
        checkout: The project.
        version: A release; by default the newest one known.
        offline: Ask no public repository for newer ones.
        dry_run: Work out the result, and leave the project alone.
        colour: Mark the lines of a diff.

    Raises:
        ScaffolderError: The project is in no state to be changed, or there is no such release.
    """
    wanted = to_tag(version) if version else None
    with open_releases() as releases:
        public = PublicTags(offline=offline or wanted in releases.carried)
        try:
            record = opened(checkout, releases)
            require_ready(checkout)
            target, notes = (wanted, ()) if wanted else newest(releases, public)
        finally:
            public.close()
        plan = Plan("update", target, record.features)
        if order(target) < order(record.release):
            raise ScaffolderError(
                f"the project has release `{record.release}`, and can't go back to `{target}`",
                "go back in the project's own history, with `git log` and `git revert`",
            )
        if target == record.release:
            return unchanged(checkout, plan, (*notes, f"the project has release `{target}` already"))
        if target not in releases.carried and offline:
            raise ScaffolderError(f"the release `{target}` did not come with pyo3-new", "leave out `--offline`")
        releases.obtain(target)
        outcome = change(checkout, releases, plan, notes, dry_run=dry_run, colour=colour)
        return replace(outcome, changelog=releases.changes(record.release, target))


def check(checkout: Checkout, version: str | None = None, *, offline: bool = False) -> Newer:
    """Look whether there is a newer release for a project.

    Args:
        checkout: The project.
        version: A release to compare with; by default the newest one known.
        offline: Ask no public repository.

    Raises:
        ScaffolderError: It can't be told.
    """
    wanted = to_tag(version) if version else None
    with open_releases() as releases:
        public = PublicTags(offline=offline or wanted in releases.carried)
        try:
            record = opened(checkout, releases)
            target, notes = (wanted, ()) if wanted else newest(releases, public)
        finally:
            public.close()
        if notes and order(target) <= order(record.release):
            raise ScaffolderError(
                f"the public repository did not answer, so it can't be told whether `{record.release}` is the newest",
                "try again, or pass `--offline` to count only the releases of this pyo3-new",
            )
        if order(target) > order(record.release):
            try:
                releases.obtain(target)
            except ScaffolderError as error:
                notes = (*notes, error.message)
        return Newer(record.release, target, releases.changes(record.release, target), notes, named=bool(wanted))


def opened(checkout: Checkout, releases: Releases) -> Record:
    """Return what a project records, if its release is at hand."""
    try:
        record = checkout.record
    except ScaffolderError:
        # Conflicts in the answers file are the better reason.
        require_settled(checkout)
        raise
    releases.require(record.release)
    return record


def newest(releases: Releases, public: PublicTags) -> tuple[str, tuple[str, ...]]:
    """Return the newest release known, and what the user should know about that."""
    tags = public.answer()
    if tags:
        return max(releases.newest, tags[-1], key=order), ()
    if public.process is None:
        return releases.newest, ()
    return releases.newest, ("the public repository did not answer, so only the releases of this pyo3-new count",)


def features_named(releases: Releases, record: Record, names: Iterable[str]) -> tuple[str, ...]:
    """Return the features that the user names.

    Raises:
        InvalidAnswerError: The project's release does not have one of them.
    """
    chosen = dict.fromkeys(part.strip() for name in names for part in name.split(",") if part.strip())
    known = [feature.name for feature in releases.catalog(record.release).features]
    for name in chosen:
        if name in known:
            continue
        if name in (feature.name for feature in releases.catalog(releases.newest).features):
            raise InvalidAnswerError(
                "features",
                f"`{name}` is not a feature of release `{record.release}`, which the project has",
                f"run `pyo3-new update` first: `{releases.newest}` has it",
            )
        raise InvalidAnswerError("features", f"`{name}` is not a feature", near(name, known))
    return tuple(chosen)


def ordered(catalog: Catalog, names: Iterable[str]) -> tuple[str, ...]:
    """Return features in the template's order, as the answers file has them."""
    wanted = set(names)
    return tuple(feature.name for feature in catalog.features if feature.name in wanted)


def unchanged(checkout: Checkout, plan: Plan, notes: Sequence[str]) -> Outcome:
    """Say that there is nothing to do."""
    record = checkout.record
    versions, features = (record.release, record.release), (record.features, record.features)
    return Outcome(plan.operation, record.name, checkout.folder, versions, features, notes=tuple(notes))


def change(
    checkout: Checkout, releases: Releases, plan: Plan, notes: Sequence[str], *, dry_run: bool, colour: bool
) -> Outcome:
    """Work out a change, and bring it in."""
    record = checkout.record
    with temporary_folder() as workspace:
        base = rendered(releases, record.release, record, record.features, workspace / "base")
        theirs = rendered(releases, plan.release, record, plan.features, workspace / "theirs")
        (workspace / "scratch").mkdir()
        scratch = Scratch(workspace / "scratch", checkout, checkout.tree())
        result = Result(scratch, plan, base, theirs)
        outcome = Outcome(
            operation=plan.operation,
            name=record.name,
            path=checkout.folder,
            version=(record.release, plan.release),
            features=(record.features, plan.features),
            changes=tuple(result.changes),
            conflicts=result.conflicts,
            uses=find_uses(scratch, result.tree, base, theirs) if plan.operation.startswith("remove") else (),
            locks=tuple(lock for lock in outdated(result.ours, result.files) if (checkout.folder / lock.path).exists()),
            notes=(*notes, *result.notes),
            difference=scratch.difference(result.tree, colour=colour).decode("utf-8", "replace") if dry_run else "",
            dry_run=dry_run,
        )
        journal.require_free(checkout, outcome.changes)
        if not dry_run:
            journal.apply(checkout, scratch, plan.operation, result.tree, outcome.changes, result.stages)
    return outcome


def rendered(releases: Releases, tag: str, record: Record, features: tuple[str, ...], folder: Path) -> Files:
    """Render a release with a project's answers."""
    answers: dict[str, Any] = {**record.answers, "features": list(features)}
    render(releases.template(tag, record.source), answers, folder)
    return read_files(folder)


class Result:
    """What the project becomes.

    Args:
        scratch: Where git merges.
        plan: What is wanted.
        base: The template as the project has it.
        theirs: The template as it is going to be.

    Attributes:
        tree: The name of the resulting tree.
        ours: The user's files, as far as the template has them.
        files: Those manifests and shared files of the result that are not in conflict.
        changes: How the tree differs from the user's.
        stages: The versions of the files that are in conflict.
        conflicts: What needs the user.
        notes: What the user should know.
    """

    def __init__(self, scratch: Scratch, plan: Plan, base: Files, theirs: Files) -> None:
        self.ours = scratch.committed_files({*base, *theirs})
        self.base, self.theirs = like(base, self.ours), like(theirs, self.ours)
        mine = edited(self.base, self.theirs, self.ours) if plan.operation.startswith("remove") else []
        if mine and not plan.force:
            raise ScaffolderError(
                f"you edited {listing(mine, 'and')}, which would go",
                "move what you want to keep to files of your own, or pass `--force`",
            )
        self.base = {path: file if path not in mine else self.ours[path] for path, file in self.base.items()}
        merged, gone = scratch.merge(self.base, self.theirs, f"{TEMPLATE}{plan.release}")
        self.tree = merged.tree
        self.changes = scratch.changes(scratch.ours, merged.tree)
        self.files = self._files(scratch, merged)
        found = tuple(
            Conflict(path, BROKEN, reason) for path, reason in faults(self.base, self.theirs, self.ours, self.files)
        )
        self.conflicts = (*merged.conflicts, *found)
        self.stages = {**merged.stages, **{conflict.path: scratch.versions(conflict.path) for conflict in found}}
        self.notes = tuple(f"`{path}` changed in the template, and stays deleted as you left it" for path in gone)

    def _files(self, scratch: Scratch, merged: Merged) -> Files:
        """Read the resulting files that the template has, too, and that are not in conflict."""
        blobs = {change.path: change.after for change in self.changes}
        wanted = {path: blob for path, blob in blobs.items() if blob and path in {*self.theirs, *MANIFESTS}}
        contents = scratch.contents(blob.name for blob in wanted.values())
        changed = {path: File(blob.mode, contents[blob.name]) for path, blob in wanted.items()}
        kept = {path: file for path, file in self.ours.items() if path not in blobs}
        return {path: file for path, file in {**kept, **changed}.items() if path not in merged.stages}


def edited(base: Files, theirs: Files, ours: Files) -> list[str]:
    """Return the files that the template no longer has and that the user edited."""
    return sorted(
        path for path, file in base.items()
        if path not in theirs and path in ours and ours[path].content != file.content and path != ANSWERS
    )  # fmt: skip
