"""What a project becomes: the merge of its files with the template's, and the faults in the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from scaffolder.checkout.checkout import ANSWERS, TEMPLATE
from scaffolder.checkout.manifest_merge import merge_manifest
from scaffolder.checkout.manifests import MANIFESTS, faults
from scaffolder.checkout.merge import Conflict, File, match_line_endings
from scaffolder.errors import ScaffolderError, listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaffolder.checkout.merge import Blob, Change, Files, MergeResult, Scratch

BROKEN = "broken"
Verb = Literal["add", "remove", "update"]


@dataclass(frozen=True)
class Plan:
    """What the user asked for.

    Attributes:
        verb: What the user asked for.
        release: The tag that the project will have.
        features: The features that it will have.
        names: The features that are added or removed.
        force: Whether files that the user edited may be removed.
        answers: The other answers that change.
    """

    verb: Verb
    release: str
    features: tuple[str, ...]
    names: tuple[str, ...] = ()
    force: bool = False
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProjectMerge:
    """What the project becomes.

    Attributes:
        tree: The name of the resulting tree.
        ours: The user's files, as far as the template has them.
        files: Those manifests and shared files of the result that are not in conflict.
        changes: How the tree differs from the user's.
        stages: The versions of the files that are in conflict.
        conflicts: What needs the user.
        gone: The files that changed in the template and that the user deleted.
        stubs: The generated stubs that git could not merge, and that were merged by what they define.
    """

    tree: str
    ours: Files
    files: Files
    changes: tuple[Change, ...]
    stages: Mapping[str, Mapping[int, Blob]]
    conflicts: tuple[Conflict, ...]
    gone: tuple[str, ...]
    stubs: tuple[str, ...]


def merge_project(
    scratch: Scratch, plan: Plan, base: Files, theirs: Files, *, is_adopted: bool = False
) -> ProjectMerge:
    """Merge the old template, the user's project and the new template.

    Args:
        scratch: Where git merges.
        plan: What is wanted.
        base: The template as the project has it.
        theirs: The template as it will be.
        is_adopted: Whether the manifests have an order of their own.

    Raises:
        ScaffolderError: Files that the user edited would be removed.
    """
    ours = scratch.committed_files({*base, *theirs})
    base, theirs = match_line_endings(base, ours), match_line_endings(theirs, ours)
    mine = edited_files(base, theirs, ours) if plan.verb == "remove" else []
    if mine and not plan.force:
        raise ScaffolderError(
            f"you edited {listing(mine, 'and')}, which would be removed",
            "move what you want to keep to other files, or pass `--force` to remove them",
        )
    base |= {path: ours[path] for path in mine}
    if is_adopted:
        manifests = merge_manifests(base, ours, theirs)
        base |= {path: ours[path] for path in manifests}
        theirs |= manifests
    merged, gone = scratch.merge(base, theirs, f"{TEMPLATE}{plan.release}")
    changes = tuple(scratch.changes(scratch.ours, merged.tree))
    files = read_result(scratch, merged, changes, ours, theirs)
    # Lists of imports have merged stubs in one line, so not all lines of the template are there.
    judged = {path: file for path, file in files.items() if path not in merged.stubs}
    broken = tuple(Conflict(path, BROKEN, reason) for path, reason in faults(base, theirs, ours, judged))
    return ProjectMerge(
        tree=merged.tree,
        ours=ours,
        files=files,
        changes=changes,
        stages={**merged.stages, **{conflict.path: scratch.versions(conflict.path) for conflict in broken}},
        conflicts=(*merged.conflicts, *broken),
        gone=gone,
        stubs=merged.stubs,
    )


def merge_manifests(base: Files, ours: Files, theirs: Files) -> Files:
    """Return the manifests that merge by their keys; the others are left to git."""
    merged: Files = {}
    for path in base.keys() & ours.keys() & theirs.keys():
        if PurePosixPath(path).name in MANIFESTS:
            texts = [side[path].content.decode("utf-8", "replace") for side in (base, ours, theirs)]
            text = merge_manifest(*texts)
            merged |= {} if text is None else {path: File(ours[path].mode, text.encode())}
    return merged


def read_result(scratch: Scratch, merged: MergeResult, changes: Iterable[Change], ours: Files, theirs: Files) -> Files:
    """Read the resulting files that the template also has and that are not in conflict."""
    blobs = {change.path: change.after for change in changes}
    shared = {path: blob for path, blob in blobs.items() if blob and path in {*theirs, *MANIFESTS}}
    contents = scratch.contents(blob.name for blob in shared.values())
    changed = {path: File(blob.mode, contents[blob.name]) for path, blob in shared.items()}
    unchanged = {path: file for path, file in ours.items() if path not in blobs}
    return {path: file for path, file in {**unchanged, **changed}.items() if path not in merged.stages}


def edited_files(base: Files, theirs: Files, ours: Files) -> list[str]:
    """Return the files that the template no longer has and that the user edited."""
    return sorted(
        path for path, file in base.items()
        if path not in theirs and path in ours and ours[path].content != file.content and path != ANSWERS
    )  # fmt: skip
