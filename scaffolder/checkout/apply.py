"""A finished result brought into the working tree, whole or not at all.

What is to happen is written down first. From then on nothing but moving files is left, and whoever is stopped there is
followed by a command that does the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.checkout.checkout import LOOKING, require_clean
from scaffolder.errors import ScaffolderError
from scaffolder.folders import remove
from scaffolder.signals import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Blob, Change, Scratch

STAGING = "pyo3-new-"
# A run takes milliseconds for what is written down; a process of that number that is older is another one.
LONGEST = 60
SUBMODULE = "160000"
# In the lock on the index, to tell it from git's own.
MARK = b"pyo3-new\n"


@dataclass(frozen=True)
class Step:
    """What happens to one file, with digests of what is there before and after; none where there is no file."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Journal:
    """What is being brought into a working tree.

    Attributes:
        operation: What the user asked for, such as `add numpy`.
        process: The number of the process that does it.
        prefix: The project's folder in the repository.
        staging: The folder in the repository's own with the new files.
        before: The name of the project's tree as it was.
        after: The name of the resulting tree.
        steps: What happens to the files.
        entries: What happens to the index, as `git update-index --index-info` reads it.
    """

    operation: str
    process: int
    prefix: str
    staging: str
    before: str
    after: str
    steps: tuple[Step, ...]
    entries: tuple[str, ...]


def require_free(checkout: Checkout, changes: Iterable[Change]) -> None:
    """Refuse a result of which a new file would land on one that git does not know.

    Raises:
        ScaffolderError: There is such a file.
    """
    changes = list(changes)
    going = {change.path for change in changes if change.after is None}
    for change in changes:
        if change.before is None and (taken := taken_by(checkout.folder, change.path, going)):
            raise ScaffolderError(
                f"`{taken}` is in the way: it is not committed, and the template has a file `{change.path}`",
                "commit it, move it or delete it",
            )


def taken_by(folder: Path, path: str, going: set[str]) -> str | None:
    """Return what is where a new file goes, apart from files that are about to go."""
    parts = path.split("/")
    for length in range(1, len(parts) + 1):
        name = "/".join(parts[:length])
        place = folder / name
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            return None if name in going else name
    if not (folder / path).is_dir():
        return None
    inside = (file.relative_to(folder).as_posix() for file in (folder / path).rglob("*") if not file.is_dir())
    return next((name for name in inside if name not in going), None)


def apply(
    checkout: Checkout,
    scratch: Scratch,
    operation: str,
    tree: str,
    changes: Sequence[Change],
    stages: Mapping[str, Mapping[int, Blob]],
) -> None:
    """Bring a result into the working tree and the index.

    Args:
        checkout: The project.
        scratch: Holds the resulting objects.
        operation: What the user asked for.
        tree: The name of the resulting tree.
        changes: How it differs from what is committed.
        stages: The versions of files that are left in conflict.

    Raises:
        ScaffolderError: The project changed meanwhile, or can't be written; nothing is changed then.
    """
    changes = [change for change in changes if SUBMODULE not in modes(change)]
    transfer(checkout, scratch, changes, stages)
    tidy(checkout)
    staging = checkout.git_dir / f"{STAGING}{secrets.token_hex(4)}"
    journaled = False
    try:
        (staging / "files").mkdir(parents=True)
        stage_files(checkout, staging, changes)
        steps = tuple(
            step(checkout.folder / change.path, staged(staging, checkout, change), change) for change in changes
        )
        require_same(checkout, scratch.ours)
        entries = tuple(index_entries(checkout.prefix, changes, stages))
        journal = Journal(
            operation, os.getpid(), checkout.prefix, staging.name, scratch.ours, tree, steps, entries
        )  # fmt: skip
        with undisturbed(from_now_on=True):
            write(checkout, journal)
            journaled = True
            try:
                bring_in(checkout, journal)
            except ScaffolderError:
                # It fails for a reason of ours before anything is moved only.
                checkout.journal.unlink()
                raise
            finally:
                journaled = checkout.journal.exists()
    except OSError as error:
        raise unwritable(error, journaled=journaled) from error
    finally:
        if not journaled:
            remove(staging)


def tidy(checkout: Checkout) -> None:
    """Remove what killed commands left in the repository's folder."""
    for folder in checkout.git_dir.glob(f"{STAGING}*/"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > LONGEST:
                remove(folder)


def modes(change: Change) -> set[str]:
    """Return the modes that a file has before and after."""
    return {blob.mode for blob in (change.before, change.after) if blob}


def unwritable(error: OSError, *, journaled: bool) -> ScaffolderError:
    """Describe a file that can't be written."""
    reason = f"`{error.filename}` can't be written: {error.strerror}"
    if not journaled:
        return ScaffolderError(f"{reason}; nothing was changed")
    return ScaffolderError(reason, "see to it, then run `pyo3-new status`: it does the rest")


def transfer(
    checkout: Checkout, scratch: Scratch, changes: Iterable[Change], stages: Mapping[str, Mapping[int, Blob]]
) -> None:
    """Copy what files will hold into the user's repository; until something refers to it nobody sees it."""
    wanted = {change.after.name for change in changes if change.after}
    wanted |= {blob.name for versions in stages.values() for blob in versions.values()}
    wanted -= {blob.name for blob in scratch.committed.values()}
    if wanted:
        names = "".join(f"{name}\n" for name in sorted(wanted)).encode()
        pack = scratch.git("pack-objects", "--quiet", "--stdout", data=names)
        checkout.git("-c", "core.fsyncMethod=batch", "unpack-objects", "-q", data=pack)


def stage_files(checkout: Checkout, staging: Path, changes: Sequence[Change]) -> None:
    """Let git write the new files into a folder, with the filters and line endings that they will have."""
    index = new_index(checkout, staging, index_entries(checkout.prefix, changes, {}))
    names = "".join(f"{checkout.prefix}{change.path}\0" for change in changes if change.after)
    work_tree = staging / "files"
    # An empty working tree: the attributes that count are those of the result.
    variables = {"GIT_DIR": str(checkout.git_dir), "GIT_WORK_TREE": str(work_tree), "GIT_INDEX_FILE": str(index)}
    options = ["checkout-index", "--quiet", "-z", "--stdin"]
    git.run(*options, folder=work_tree, data=names.encode("utf-8", "surrogateescape"), variables=variables)


def update_index(checkout: Checkout, index: Path, entries: Iterable[str]) -> None:
    """Change an index."""
    data = "".join(f"{entry}\0" for entry in entries).encode("utf-8", "surrogateescape")
    variables = {**LOOKING, "GIT_INDEX_FILE": str(index)}
    git.run("update-index", "-z", "--index-info", folder=checkout.root, data=data, variables=variables)


def index_entries(prefix: str, changes: Sequence[Change], stages: Mapping[str, Mapping[int, Blob]]) -> Iterator[str]:
    """Return what changes in the index: a path is taken out, then put in anew."""
    blobs = {change.path: change.after for change in changes}
    # As long as the names of this repository's objects are; where there are none, it does not matter.
    null = "0" * max((len(blob.name) for pair in changes for blob in (pair.before, pair.after) if blob), default=40)
    for path in sorted({*blobs, *stages}):
        yield f"0 {null}\t{prefix}{path}"
        for number, blob in sorted(stages.get(path, {}).items()):
            yield f"{blob.mode} {blob.name} {number}\t{prefix}{path}"
        after = blobs.get(path)
        if after and path not in stages:
            yield f"{after.mode} {after.name} 0\t{prefix}{path}"


def staged(staging: Path, checkout: Checkout, change: Change) -> Path | None:
    """Return where the new version of a file waits, or none if it goes."""
    return staging / "files" / f"{checkout.prefix}{change.path}" if change.after else None


def step(place: Path, waiting: Path | None, change: Change) -> Step:
    """Take down what a file is before and after."""
    before = digest(content(place)) if change.before else None
    return Step(change.path, before, digest(content(waiting)) if waiting else None)


def content(path: Path) -> bytes | None:
    """Return what a file holds, or where a link points to; none if there is neither."""
    if path.is_symlink():
        return b"link to " + os.fsencode(path.readlink())
    return path.read_bytes() if path.is_file() else None


def digest(data: bytes | None) -> str | None:
    """Return a short stand-in for what a file holds."""
    return None if data is None else hashlib.sha256(data).hexdigest()


def require_same(checkout: Checkout, tree: str) -> None:
    """Refuse a project that changed since the work on it began."""
    require_clean(checkout, checkout.changed())
    if checkout.tree() != tree:
        raise ScaffolderError(f"`{checkout.folder}` got another commit meanwhile", "run the command again")


def write(checkout: Checkout, journal: Journal) -> None:
    """Write a journal, whole or not at all."""
    waiting = checkout.git_dir / journal.staging / "journal"
    with waiting.open("w", encoding="utf-8") as file:
        json.dump(asdict(journal), file)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(checkout.journal)


def bring_in(checkout: Checkout, journal: Journal) -> None:
    """Move the files to their places, then the index.

    Doing it again does the rest of what was interrupted.

    Raises:
        ScaffolderError: A file was edited, or something else is at work; nothing is changed then.
    """
    folder, staging = checkout.root / journal.prefix, checkout.git_dir / journal.staging
    going = [entry.path for entry in journal.steps if entry.after is None]
    with locked_index(checkout):
        index = new_index(checkout, staging, journal.entries)
        require_untouched(folder, staging, journal)
        for path in going:
            (folder / path).unlink(missing_ok=True)
        remove_empty(folder, going)
        for entry in journal.steps:
            move(staging / "files" / f"{journal.prefix}{entry.path}", folder / entry.path)
        index.replace(checkout.index)
    checkout.journal.unlink()
    remove(staging)


def new_index(checkout: Checkout, staging: Path, entries: Iterable[str]) -> Path:
    """Make the index that comes after this one."""
    index = staging / f"index-{secrets.token_hex(4)}"
    if checkout.index.exists():
        shutil.copyfile(checkout.index, index)
    update_index(checkout, index, entries)
    return index


@contextmanager
def locked_index(checkout: Checkout) -> Iterator[None]:
    """Keep git from changing the index."""
    lock = lock_of(checkout)
    try:
        with lock.open("xb") as file:
            file.write(MARK)
    except FileExistsError as error:
        raise ScaffolderError(
            f"another git command is at work in `{checkout.root}`: there is `{lock}`",
            "wait until it is done; if there is none, delete that file",
        ) from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def lock_of(checkout: Checkout) -> Path:
    """Return the file that says that somebody changes the index."""
    return checkout.index.with_name(f"{checkout.index.name}.lock")


class EditedError(ScaffolderError):
    """A file was edited that a command had begun to change."""


def require_untouched(folder: Path, staging: Path, journal: Journal) -> None:
    """Refuse a file that is neither as it was nor as it is going to be."""
    for entry in journal.steps:
        waiting = content(staging / "files" / f"{journal.prefix}{entry.path}")
        if entry.after is not None and waiting is None:
            continue  # it has been moved already
        found = content(folder / entry.path)
        if digest(found) in {entry.before, entry.after} or (found and waiting and waiting.startswith(found)):
            continue
        raise EditedError(
            f"`{entry.path}` was edited while `pyo3-new {journal.operation}` was at work", "run the command again"
        )


def move(waiting: Path, place: Path) -> None:
    """Move a file to its place in one step, unless that was done already."""
    if not (waiting.is_symlink() or waiting.exists()):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        waiting.replace(place)
    except OSError:
        # Another file system: copied beside its place first.
        beside = place.with_name(f".{place.name[:40]}.{STAGING}{secrets.token_hex(4)}")
        try:
            shutil.copy2(waiting, beside, follow_symlinks=False)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
        waiting.unlink()


def remove_empty(folder: Path, paths: Iterable[str]) -> None:
    """Remove the folders that files went from, where nothing is left in them."""
    for parent in sorted({parent for path in paths for parent in Path(path).parents[:-1]}, reverse=True):
        with suppress(OSError):
            (folder / parent).rmdir()
