"""Bring a project to a newer release of PyO3, one release at a time."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from scaffolder.anatomy.project import read_requirement
from scaffolder.anatomy.versions import read_version, series_named
from scaffolder.checkout.apply import apply
from scaffolder.checkout.checkout import (
    locate,
    readable,
    require_changeable,
    require_recent_git,
)
from scaffolder.checkout.merge import open_scratch
from scaffolder.checkout.obstacles import require_free
from scaffolder.errors import ScaffolderError, UsageError, listing
from scaffolder.folders import temporary_folder
from scaffolder.machine.toolchain import FILES as TOOLCHAIN_FILES
from scaffolder.migration.builders import leave_to_builders, lower_limit
from scaffolder.migration.checking import DEPRECATED
from scaffolder.migration.companions import number
from scaffolder.migration.formatting import format_like_before
from scaffolder.migration.leftovers import find_left
from scaffolder.migration.manifests import (
    add_feature,
    foreign_sources,
    manifest_of,
    missing_releases,
    raise_manifest,
    series_in,
)
from scaffolder.migration.matching import apply_rules
from scaffolder.migration.results import Migration, RuleEdit, Step
from scaffolder.migration.rules import OLDEST, lasting_rules, load_rules, releases
from scaffolder.migration.sources import read_sources
from scaffolder.migration.unused import drop_unused, unused_imports
from scaffolder.migration.work import ALL_TARGETS, open_work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.version import Version

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Scratch
    from scaffolder.migration.checking import Check
    from scaffolder.migration.manifests import ManifestEdit
    from scaffolder.migration.matching import Message
    from scaffolder.migration.rules import Rule
    from scaffolder.migration.sources import Sources
    from scaffolder.migration.work import Work

# What PyO3 calls the feature that has `Clone` of `Py`.
CLONE = "py-clone"
# How many rounds may lessen nothing.
MOST_IDLE = 8


@readable()
def migrate(  # noqa: PLR0913
    start: Path,
    to: str | None = None,
    *,
    declarative: bool = False,
    check: bool = True,
    dry_run: bool = False,
    colour: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> Migration:
    """Bring a project's code and manifests to a newer release of PyO3.

    Args:
        start: A folder of the project; the whole repository is migrated.
        to: The series to end with, such as `0.30`; by default the newest one that there are rules for.
        declarative: With the last step, also write module functions as declarative modules.
        check: Ask the compiler after each step.
        dry_run: Compute the result, and leave the project alone.
        colour: Mark the lines of a diff.
        report: Called with each release, before its step.

    Raises:
        ScaffolderError: The project can't be changed now, or it has no PyO3 that can be raised.
    """
    wanted = to or releases()[-1]
    require_known(wanted)
    require_recent_git()
    checkout = open_repository(start)
    require_changeable(checkout)
    tree = checkout.tree()
    with temporary_folder() as workspace:
        scratch = open_scratch(workspace / "scratch", checkout, tree)
        sources = read_sources(checkout, scratch, workspace / "copy")
        before = present_series(sources, checkout)
        notes = [*notes_on(sources)]
        if number(before) > number(wanted):
            raise UsageError(f"the project has PyO3 {before}, which is newer than {wanted}", "pass a newer release")
        work = open_work(sources, workspace, check=check)
        work.offers = {wanted: load_rules("declarative")} if declarative else {}
        if check and work.reason:
            raise unchecked(work.reason)
        notes += work.notes
        walk(work, before, wanted, report, notes)
        after = work.steps[-1].release if work.steps else before
        notes += [*old_compilers(scratch, after), *old_pythons(sources, after), *new_panics(work.steps)]
        if format_like_before(sources) and not work.reason:
            work.check()
        sources.write()
        result = scratch.with_files(tree, sources.changed())
        changes = tuple(scratch.changes(tree, result))
        require_free(checkout, scratch, changes)
        if changes and not dry_run:
            apply(checkout, scratch, changes, {})
        return Migration(
            path=checkout.folder,
            before=before,
            wanted=wanted,
            after=after,
            steps=tuple(work.steps),
            left=tuple(find_left(work, before)),
            errors=tuple(work.last.errors) if work.last else (),
            changes=changes,
            notes=tuple(notes),
            difference=scratch.difference(tree, result, colour=colour).decode("utf-8", "replace") if dry_run else "",
            dry_run=dry_run,
        )


def require_known(series: str) -> None:
    """Refuse a release that there are no rules for."""
    if series not in releases():
        raise UsageError(f"there are no rules for PyO3 {series}", f"pass one of {listing(releases(), 'or')}")


def open_repository(start: Path) -> Checkout:
    """Return the repository that a folder is in, as a whole."""
    if not start.is_dir():
        raise ScaffolderError(f"`{start}` is not a folder", "pass `--project DIR`")
    checkout = locate(start.resolve())
    return checkout if checkout.folder == checkout.root else locate(checkout.root.resolve())


def present_series(sources: Sources, checkout: Checkout) -> str:
    """Return the oldest series of PyO3 that the manifests ask for.

    Raises:
        ScaffolderError: They ask for none, or for one that is too old.
    """
    found = series_in(sources.documents.values())
    if not found:
        raise ScaffolderError(
            f"no `Cargo.toml` in `{checkout.folder}` asks for a release of PyO3",
            "run it in a project that uses PyO3, or add Rust to a Python project with `pyo3-new adopt`",
        )
    if number(found[0]) < number(OLDEST):
        raise ScaffolderError(
            f"the project has PyO3 {found[0]}, and there are rules from {OLDEST} on",
            f"bring it to {OLDEST} with PyO3's migration guide, https://pyo3.rs/v{OLDEST}.2/migration.html",
        )
    return found[0]


def notes_on(sources: Sources) -> Iterator[str]:
    """Yield what can't be migrated from the start."""
    for place in foreign_sources(sources.documents):
        yield f"PyO3 in `{place}` does not come from the registry, and stays as it is"
    for path in sources.skipped:
        yield f"`{path}` is not UTF-8, and stays as it is"


def old_compilers(scratch: Scratch, series: str) -> Iterator[str]:
    """Yield which files pin a compiler that is too old for PyO3."""
    needed = series_named(series)
    names = [path for path in scratch.committed if path.rpartition("/")[2] in TOOLCHAIN_FILES]
    for path, file in scratch.committed_files(names).items():
        pinned = pinned_release(file.content)
        if needed and pinned and pinned < needed.rust:
            yield f"`{path}` pins Rust {pinned}, and PyO3 {series} needs {needed.rust} or newer"


def pinned_release(content: bytes) -> Version | None:
    """Return the release that a toolchain file names, if it names one by its number."""
    text = content.decode("utf-8", "replace").strip()
    try:
        channel = tomllib.loads(text).get("toolchain", {}).get("channel", "")
    except tomllib.TOMLDecodeError:
        channel = text
    return read_version(str(channel))


def old_pythons(sources: Sources, series: str) -> Iterator[str]:
    """Yield which projects say that they run on a Python that PyO3 no longer supports."""
    oldest = series_named(series)
    for path, project in sources.projects.items():
        text = dict(project.get("project", {})).get("requires-python")
        lower = lower_limit(read_requirement(f"python{text}")) if isinstance(text, str) else None
        if oldest and lower and lower < oldest.oldest:
            needed = f"PyO3 {series} needs {oldest.oldest} or newer"
            yield f"`requires-python` in `{path}` allows Python {lower}, and {needed}"


def new_panics(steps: Iterable[Step]) -> Iterator[str]:
    """Yield which crates clone a `Py` without a `Python`, which was put off until a thread attached before."""
    added = [edit for step in steps for edit in step.manifests if edit.after == CLONE and not edit.before]
    for path in dict.fromkeys(edit.path for edit in added):
        yield f"`{path}` has the feature `{CLONE}` now: cloning a `Py` panics in a thread that is not attached"


def walk(work: Work, before: str, wanted: str, report: Callable[[str], None], notes: list[str]) -> None:
    """Go from one release to the next, until the wanted one or the first that does not compile."""
    names = [name for name in releases() if number(before) <= number(name) <= number(wanted)]
    if before not in names:
        names = [before, *names]
    if not work.reason:
        report(before)
        notes += check_before(work)
        work.unused = unused_imports(work.last, work.sources.texts) if work.last else frozenset()
    over: list[str] = []
    for place, name in enumerate(names):
        if missing := missing_releases(work.sources.documents.values(), name):
            notes.append(
                f"{listing(missing, 'and')} {'has' if len(missing) == 1 else 'have'} no release for PyO3 {name}"
            )
            if all(missing_releases(work.sources.documents.values(), later) for later in names[place + 1 :]):
                return
            over.append(name)
            continue
        report(name)
        step = take(work, name, over, late=name == before)
        over = []
        if name != before or step.edits or step.manifests:
            work.steps.append(step)
        if not step.passed and not work.reason:
            return


def check_before(work: Work) -> Iterator[str]:
    """Compile the project as it is, and yield what can't be checked.

    Raises:
        ScaffolderError: Nothing can be.
    """
    whole = work.check()
    if whole.passed:
        return
    # A test, an example or a benchmark may lack a file or a compiler of its own.
    work.targets = ()
    library = work.check()
    if library.passed or (library.ran and not whole.ran):
        yield "tests, examples and benchmarks are not checked: they do not compile as they are"
    elif whole.ran:
        work.targets = ALL_TARGETS
    elif work.built and any(workspace.built for workspace in work.workspaces):
        # Such a feature may need a library or compiler that this machine lacks.
        work.targets, work.built = ALL_TARGETS, False
        yield f"the features in `[tool.maturin]` are not checked: {whole.reason}"
        yield from check_before(work)
    else:
        raise unchecked(whole.reason)


def unchecked(reason: str) -> ScaffolderError:
    """Describe a project that the compiler can't be asked about."""
    return ScaffolderError(
        f"the project can't be checked as it is: {reason}",
        "mend that first, or pass `--no-check` to change only what the code alone shows",
    )


def take(work: Work, name: str, over: Sequence[str] = (), *, late: bool = False) -> Step:
    """Take the step to one release, over those that a companion has no release for.

    Args:
        work: The migration.
        name: The release.
        over: The releases before it that are stepped over.
        late: Whether the project begins with it, so that no step before has changed what is older.
    """
    documents = work.sources.documents.items()
    manifests = [edit for path, document in documents for edit in raise_manifest(path, document, name)]
    manifests += leave_to_builders(work.sources, name)
    names = [*over, name]
    rules = [*(lasting_rules(name) if late else ()), *(rule for release in names for rule in load_rules(release))]
    rules += [*still_deprecated(names[0]), *work.offers.get(name, ())]
    edits = list(edit_files(work.sources, rules, {}))
    if work.reason:
        work.sources.write()
        return Step(name, tuple(manifests), tuple(edits), reason=work.reason)
    check = settle(work, rules, edits, manifests)
    edits += drop_unused(work)
    check = work.last or check
    return Step(name, tuple(manifests), tuple(edits), checked=check.ran, passed=check.passed, reason=check.reason)


def still_deprecated(name: str) -> Iterator[Rule]:
    """Yield the rules of older releases for what the compiler calls deprecated and the project may still have."""
    for release in releases():
        if number(release) < number(name):
            yield from (rule for rule in load_rules(release) if rule.trigger and rule.trigger.codes == (DEPRECATED,))


def settle(work: Work, rules: Sequence[Rule], edits: list[RuleEdit], manifests: list[ManifestEdit]) -> Check:
    """Apply what the compiler's messages tell, and ask again, until there is nothing to apply.

    Edits that lessen nothing for some rounds are taken back: the rules would go round in circles.
    """
    check, idle = work.check(), 0
    if not check.ran:
        check = work.check_renewed(check)
    kept = (dict(work.sources.texts), len(edits))
    while check.messages and idle < MOST_IDLE:
        before = len(check.messages_of_all)
        new = list(edit_files(work.sources, rules, check.messages))
        features = [] if new else list(add_features(work.sources, rules, check.messages))
        if not new and not features:
            return check
        edits += new
        manifests += features
        check = work.check()
        # The compiler shows some errors only after others are gone.
        idle = 0 if features or len(check.messages_of_all) < before else idle + 1
        if idle == 0:
            kept = (dict(work.sources.texts), len(edits))
    if idle == MOST_IDLE:
        work.sources.texts.update({path: text for path, text in kept[0].items() if path.endswith(".rs")})
        del edits[kept[1] :]
        check = work.check()
    return check


def add_features(
    sources: Sources, rules: Sequence[Rule], messages: Mapping[str, Sequence[Message]]
) -> Iterator[ManifestEdit]:
    """Switch on features of PyO3 that code needs which no rule can change."""
    for rule in rules:
        for path, entries in messages.items():
            manifest = manifest_of(sources.documents, path)
            if rule.feature and manifest and any(rule.is_named_in(entry.code, entry.text) for entry in entries):
                yield from add_feature(manifest, sources.documents[manifest], rule.feature)


def edit_files(
    sources: Sources, rules: Sequence[Rule], messages: Mapping[str, Sequence[Message]]
) -> Iterator[RuleEdit]:
    """Apply rules to the Rust files, and yield the edits."""
    for path in list(sources.rust):
        if messages and not messages.get(path):
            continue
        result = apply_rules(sources.texts[path], rules, messages.get(path, ()))
        sources.texts[path] = result.text
        for done in result.applied:
            yield RuleEdit(done.rule.name, path, done.line, done.before, done.after)
