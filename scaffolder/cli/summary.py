"""The output of `add`, `remove`, `update`, `status` and `diff`, as text and as data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from scaffolder.checkout.stubs import is_generated_stub
from scaffolder.cli.text import number_of_files
from scaffolder.errors import listing
from scaffolder.template.steps import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from scaffolder.checkout.diff import Difference
    from scaffolder.checkout.manifests import LockFile
    from scaffolder.checkout.merge import Change, Conflict
    from scaffolder.checkout.status import Status
    from scaffolder.checkout.update import Newer, Outcome
    from scaffolder.template.releases import Notes

SHORT = 20
RENEW_STUBS = "uv run nox -s stubs"
WORDS = {"A": "added", "D": "deleted", "M": "modified"}
VERBS = {"add": "added", "remove": "removed"}


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as data."""
    return {
        "operation": " ".join([outcome.verb, *outcome.names]),
        "name": outcome.name,
        "path": str(outcome.path),
        "version": {"before": outcome.version[0][1:], "after": outcome.version[1][1:]},
        "features": {"before": list(outcome.features[0]), "after": list(outcome.features[1])},
        "answers": {name: {"before": before, "after": after} for name, (before, after) in outcome.answers.items()},
        "files": files_data(outcome.changes),
        "conflicts": conflicts_data(outcome.conflicts),
        "stubs": list(outcome.stubs),
        "uses": [{"path": use.path, "line": use.line, "text": use.text} for use in outcome.uses],
        "outdated": locks_data(outcome.locks),
        "changelog": changelog_data(outcome.changelog),
        "notes": list(outcome.notes),
        "diff": outcome.difference,
        "message": commit_message(outcome),
        "back": go_back(outcome.path, conflicts=bool(outcome.conflicts)),
        "dry_run": outcome.dry_run,
    }


def outcome_text(outcome: Outcome) -> str:
    """Return an outcome as text."""
    if not outcome.changes and not outcome.conflicts:
        return f"{outcome.name}: nothing to do"
    parts = [outcome.difference.rstrip("\n")] if outcome.difference else []
    parts.append("\n".join([headline(outcome), *files_text(outcome.changes)]))
    renewals = renewals_text(outcome.locks, outcome.stubs, has_nox=outcome.has_nox)
    parts += [text for text in (conflicts_text(outcome.conflicts), uses_text(outcome), renewals) if text]
    if outcome.changelog:
        parts.append(changelog_text(outcome.changelog))
    if not outcome.dry_run:
        parts.append(next_text(outcome.path, commit_message(outcome), outcome.conflicts, has_nox=outcome.has_nox))
    return "\n\n".join(parts)


def headline(outcome: Outcome) -> str:
    """Return one line that says what was done."""
    would = "would be " if outcome.dry_run else ""
    files = number_of_files(len(outcome.changes))
    if outcome.verb != "update":
        link = "to" if outcome.verb == "add" else "from"
        return f"{', '.join(outcome.names)} {would}{VERBS[outcome.verb]} {link} {outcome.name}: {files} changed"
    updated = f"{outcome.name} {would}updated to {outcome.version[1]}" if is_newer(outcome) else ""
    answers = f"{', '.join(outcome.answers)} {would}set in {outcome.name}" if outcome.answers else ""
    return f"{', '.join(filter(None, [updated, answers]))}: {files} changed"


def is_newer(outcome: Outcome) -> bool:
    """Whether the release changed."""
    return outcome.version[0] != outcome.version[1]


def commit_message(outcome: Outcome) -> str:
    """Return a message for the commit."""
    if outcome.verb != "update":
        return f"{outcome.verb.capitalize()} {', '.join(outcome.names)}"
    updated = [f"update to template {outcome.version[1]}"] if is_newer(outcome) else []
    answers = [f"change {', '.join(outcome.answers)}"] if outcome.answers else []
    text = ", ".join([*updated, *answers])
    return text[:1].upper() + text[1:]


def letter(change: Change) -> str:
    """Return git's letter for what happens to a file."""
    return "A" if change.before is None else "D" if change.after is None else "M"


def files_data(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return the files as data."""
    return [
        {"path": change.path, "change": WORDS[letter(change)], "added": change.added, "removed": change.removed}
        for change in changes
    ]


def files_text(changes: Sequence[Change]) -> Iterator[str]:
    """Return the files, one a line."""
    width = max((len(change.path) for change in changes), default=0)
    for change in changes:
        size = "binary" if change.added is None else f"+{change.added} -{change.removed}"
        yield f"  {letter(change)} {change.path:<{width}}  {size}"


def conflicts_data(conflicts: Iterable[Conflict]) -> list[dict[str, str]]:
    """Return conflicts as data."""
    return [{"path": conflict.path, "kind": conflict.kind, "reason": conflict.reason} for conflict in conflicts]


def locks_data(locks: Iterable[LockFile]) -> list[dict[str, str]]:
    """Return lock files that are out of date as data."""
    return [{"path": lock.path, "command": lock.command} for lock in locks]


def conflicts_text(conflicts: Iterable[Conflict]) -> str:
    """Return the conflicts, one a line."""
    lines = [f"  {conflict.path}  {conflict_reason(conflict)}" for conflict in conflicts]
    return "\n".join(["Conflicts:", *lines]) if lines else ""


def conflict_reason(conflict: Conflict) -> str:
    """Return what happened to a file; of the most usual conflicts git says no more than its path."""
    from scaffolder.checkout.merge import BOTH_ADDED

    if conflict.kind == BOTH_ADDED:
        return "both sides added it: if yours is about something else, go back, rename it, commit and run this again"
    return "both sides changed it" if conflict.kind == "contents" else f"{conflict.kind}: {conflict.reason}"


def uses_text(outcome: Outcome) -> str:
    """Return the user's lines that use what was removed."""
    lines = [f"  {use.path}:{use.line}: {use.text}" for use in outcome.uses]
    return "\n".join(["Your lines that use what was removed:", *lines]) if lines else ""


def renewals_text(locks: Iterable[LockFile], stubs: Iterable[str] = (), *, has_nox: bool = True) -> str:
    """Return the commands that update lock files, and stubs that were merged."""
    lines = [f"  {lock.command}  # {lock.path} is out of date" for lock in locks]
    merges = [f"{path} was merged, definition by definition" for path in stubs]
    lines += [f"  {RENEW_STUBS}  # {merge}" for merge in merges if has_nox]
    parts = ["\n".join(["Renew:", *lines]) if lines else ""]
    parts += ["\n".join(["Read again:", *(f"  {merge}" for merge in merges)]) if merges and not has_nox else ""]
    return "\n\n".join(filter(None, parts))


def next_text(folder: Path, message: str, conflicts: Sequence[Conflict], *, has_nox: bool = True) -> str:
    """Return how to go on, and how to go back."""
    program = git_in(folder)
    # The message holds nothing that a shell would take for its own. In `.git/MERGE_MSG` it would outlive the way back.
    commit = f'{program} commit -m "{message}"'
    on = f"{program} add --all && {commit}" if conflicts else commit
    first = f"{', '.join(settling_steps(conflicts, has_nox=has_nox))}, then " if conflicts else ""
    return f"To go on: {first}`{on}`\nTo go back: `{go_back(folder, conflicts=bool(conflicts))}`"


def settling_steps(conflicts: Sequence[Conflict], *, has_nox: bool) -> list[str]:
    """Return what settles the conflicts: generated stubs are renewed if there is a command for that, files edited."""
    renewed = [conflict.path for conflict in conflicts if has_nox and is_generated_stub(conflict.path)]
    edit = ["edit the other files above" if renewed else "edit the files above"]
    renew = [f"run `{RENEW_STUBS}` to renew {listing(renewed, 'and')}"] if renewed else []
    return [*(edit if len(renewed) < len(conflicts) else []), *renew]


def go_back(folder: Path, *, conflicts: bool) -> str:
    """Return the command that undoes a change that is not committed."""
    program = git_in(folder)
    # Where both sides renamed a file git restores nothing until it is told that the conflict is over.
    first = f"{program} add --update -- . && " if conflicts else ""
    return f"{first}{program} restore --staged --worktree -- ."


def git_in(folder: Path) -> str:
    """Return `git`, with `-C` if the project is not the current folder."""
    try:
        name = os.path.relpath(folder)
    except (OSError, ValueError):
        name = str(folder)
    return "git" if name == "." else f"git -C {quote(name)}"


def changelog_data(changelog: Iterable[Notes]) -> list[dict[str, str]]:
    """Return release notes as data."""
    return [{"version": notes.version, "text": notes.text} for notes in changelog]


def changelog_text(changelog: Iterable[Notes]) -> str:
    """Return release notes as text."""
    return "\n\n".join(f"New in {notes.version}:\n{notes.text}" for notes in changelog)


def difference_data(difference: Difference) -> dict[str, Any]:
    """Return how a project differs from the template as data."""
    return {
        "name": difference.name,
        "path": str(difference.path),
        "version": difference.version.removeprefix("v"),
        "files": files_data(difference.changes),
        "diff": difference.text,
        "notes": list(difference.notes),
    }


def difference_stat(difference: Difference) -> str:
    """Return the files that differ, one a line."""
    number = len(difference.changes)
    verb = "differs" if number == 1 else "differ"
    total = f"{number_of_files(number)} of {difference.name} {verb} from template {difference.version}"
    return "\n".join([*files_text(difference.changes), total])


def newer_data(newer: Newer) -> dict[str, Any]:
    """Return whether there is a newer release as data."""
    return {
        "version": newer.version[1:],
        "newest": newer.newest[1:],
        "current": newer.current,
        "changelog": changelog_data(newer.changelog),
        "notes": list(newer.notes),
    }


def newer_text(newer: Newer) -> str:
    """Return whether there is a newer release as text."""
    if newer.current:
        than = f"not older than {newer.newest}" if newer.named else "the newest release"
        return f"{newer.version} is {than}"
    return "\n\n".join(
        [f"{newer.newest} is newer than {newer.version}", *filter(None, [changelog_text(newer.changelog)])]
    )


def status_data(status: Status) -> dict[str, Any]:
    """Return a project's status as data."""
    return {
        "name": status.name,
        "path": str(status.path),
        "version": status.version.removeprefix("v"),
        "newest": status.newest[1:],
        "features": list(status.features),
        "available": list(status.available),
        "changed": list(status.changed),
        "deleted": list(status.deleted),
        "added": list(status.added),
        "conflicts": list(status.conflicts),
        "in_progress": status.in_progress,
        "notes": list(status.notes),
    }


def status_text(status: Status) -> str:
    """Return a project's status as text."""
    behind = "" if status.newest == status.version else f"  ({status.newest} is the newest)"
    rows = [
        ("Project", f"{status.name}  {status.path}"),
        ("Template", f"{status.version}{behind}"),
        ("Features", ", ".join(status.features) or "none"),
        ("Available", ", ".join(status.available) or "none"),
    ]
    if status.in_progress:
        rows.append(("In progress", status.in_progress))
    width = max(len(label) for label, _ in rows)
    lines = [f"{label:<{width}}  {value}" for label, value in rows]
    groups = {
        "Conflicts left": status.conflicts, "Changed by you": status.changed, "Deleted by you": status.deleted,
        "Added by you": status.added,
    }  # fmt: skip
    return "\n".join([*lines, *(line for label, paths in groups.items() for line in group(label, paths))])


def group(label: str, paths: Sequence[str]) -> Iterator[str]:
    """Yield files under a heading, no more than fit on a screen."""
    if paths:
        yield f"\n{label}: {number_of_files(len(paths))}"
        yield from (f"  {path}" for path in paths[:SHORT])
        if len(paths) > SHORT:
            yield f"  and {len(paths) - SHORT} more"
