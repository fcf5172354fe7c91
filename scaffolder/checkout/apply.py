"""Write a finished result to the index and the working tree; ARCHITECTURE.md says why this is safe."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.checkout.checkout import LOOKING, lock_error, require_clean
from scaffolder.checkout.interruption import MARKER, flush, write_marker
from scaffolder.checkout.obstacles import require_as_committed
from scaffolder.errors import ScaffolderError
from scaffolder.folders import PREFIX, temporary_folder
from scaffolder.signals import ignore_signals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Blob, Change, Scratch

# Objects are on the disk before an index names them.
DURABLE = git.options({"core.fsync": "committed", "core.fsyncMethod": "batch"})


def apply(
    checkout: Checkout, scratch: Scratch, changes: Sequence[Change], stages: Mapping[str, Mapping[int, Blob]]
) -> None:
    """Write a result to the working tree and the index.

    Args:
        checkout: The project.
        scratch: Holds the resulting objects.
        changes: How the result differs from what is committed.
        stages: The versions of files that are left in conflict.

    Raises:
        ScaffolderError: The project changed meanwhile, or can't be written; nothing is changed then.
    """
    transfer(checkout, scratch, changes, stages)
    try:
        with temporary_folder(checkout.git_dir) as staging:
            stage_files(checkout, staging, changes)
            with ignore_signals(from_now_on=True), lock_index(checkout):
                require_same(checkout, scratch, changes, staging)
                back_up(checkout, staging, changes)
                index = new_index(checkout, staging, index_entries(checkout.prefix, changes, stages))
                flush(index)
                bring_in(checkout, staging, changes, index)
    except OSError as error:
        raise ScaffolderError(f"`{error.filename}` can't be written: {error.strerror}; nothing was changed") from error


def transfer(
    checkout: Checkout, scratch: Scratch, changes: Iterable[Change], stages: Mapping[str, Mapping[int, Blob]]
) -> None:
    """Copy the blobs of the result into the user's repository, where nothing refers to them yet."""
    names = {change.after.name for change in changes if change.after}
    names |= {blob.name for versions in stages.values() for blob in versions.values()}
    names -= {blob.name for blob in scratch.committed.values()}
    if names:
        listed = "".join(f"{name}\n" for name in sorted(names)).encode()
        pack = scratch.git("pack-objects", "--quiet", "--stdout", data=listed)
        checkout.git(*DURABLE, "unpack-objects", "-q", data=pack)


def stage_files(checkout: Checkout, staging: Path, changes: Sequence[Change]) -> None:
    """Let git write the new files to a folder, with the filters and line endings that apply to them."""
    index = new_index(checkout, staging, index_entries(checkout.prefix, changes, {}))
    names = "".join(f"{checkout.prefix}{change.path}\0" for change in changes if change.after)
    work_tree = staging / "files"
    work_tree.mkdir()
    # An empty working tree: the attributes that count are those of the result.
    variables = {"GIT_DIR": str(checkout.git_dir), "GIT_WORK_TREE": str(work_tree), "GIT_INDEX_FILE": str(index)}
    options = ["checkout-index", "--quiet", "-z", "--stdin"]
    git.run(*options, folder=work_tree, data=names.encode("utf-8", "surrogateescape"), variables=variables)


def index_entries(prefix: str, changes: Sequence[Change], stages: Mapping[str, Mapping[int, Blob]]) -> Iterator[str]:
    """Yield the changes to the index: each path is removed, then added again."""
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


def new_index(checkout: Checkout, staging: Path, entries: Iterable[str]) -> Path:
    """Create the index that will replace the current one."""
    index = staging / f"index-{secrets.token_hex(4)}"
    if checkout.index.exists():
        shutil.copyfile(checkout.index, index)
    data = "".join(f"{entry}\0" for entry in entries).encode("utf-8", "surrogateescape")
    variables = {**LOOKING, "GIT_INDEX_FILE": str(index)}
    git.run("update-index", "-z", "--index-info", folder=checkout.root, data=data, variables=variables)
    return index


@contextmanager
def lock_index(checkout: Checkout) -> Iterator[None]:
    """Lock the index against git and other runs of this command."""
    try:
        checkout.lock.open("xb").close()
    except FileExistsError as error:
        raise lock_error(checkout) from error
    try:
        yield
    finally:
        checkout.lock.unlink(missing_ok=True)


def require_same(checkout: Checkout, scratch: Scratch, changes: Sequence[Change], staging: Path) -> None:
    """Refuse a project that has changed since this command started."""
    require_clean(checkout)
    if checkout.tree() != scratch.ours:
        raise ScaffolderError(
            f"`{checkout.folder}` has a new commit since this command started", "run the command again"
        )
    require_as_committed(checkout, scratch, changes, staging / "probe")


def back_up(checkout: Checkout, staging: Path, changes: Iterable[Change]) -> None:
    """Copy the index and the files that will change."""
    if checkout.index.exists():
        shutil.copy2(checkout.index, staging / "index")
    for change in changes:
        if change.before:
            copy = staging / "before" / change.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout.folder / change.path, copy, follow_symlinks=False)


def bring_in(checkout: Checkout, staging: Path, changes: Sequence[Change], index: Path) -> None:
    """Delete files, replace the index, then write files: so git knows every path at any moment."""
    lock = write_marker(checkout, staging, changes)
    marker = checkout.git_dir / MARKER
    try:
        remove_files(checkout.folder, [change.path for change in changes if change.after is None])
        index.replace(checkout.index)
        flush(checkout.index.parent)
        for change in changes:
            if change.after:
                move(staging / "files" / f"{checkout.prefix}{change.path}", checkout.folder / change.path)
    except OSError as error:
        try:
            put_back(checkout, staging, changes)
        except OSError:
            raise ScaffolderError(
                f"`{error.filename}` can't be written: {error.strerror}; the files before it were written",
                "run `pyo3-new status`, which says how to go back",
            ) from error
        marker.unlink()
        raise
    else:
        marker.unlink()
    finally:
        if lock is not None:
            os.close(lock)


def put_back(checkout: Checkout, staging: Path, changes: Sequence[Change]) -> None:
    """Undo a change that failed half-way.

    Raises:
        OSError: That failed too; the next command says how to go on.
    """
    remove_files(checkout.folder, [change.path for change in changes if change.before is None])
    for change in changes:
        if change.before:
            move(staging / "before" / change.path, checkout.folder / change.path)
    if (staging / "index").exists():
        (staging / "index").replace(checkout.index)


def remove_files(folder: Path, paths: Sequence[str]) -> None:
    """Remove files and the folders that this leaves empty."""
    for place in (folder / path for path in paths):
        if place.is_symlink() or place.is_file():
            place.unlink()
    for parent in sorted({parent for path in paths for parent in Path(path).parents[:-1]}, reverse=True):
        with suppress(OSError):
            (folder / parent).rmdir()


def move(waiting: Path, place: Path) -> None:
    """Move a file to its place with one rename."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        waiting.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # Another file system: copied beside its place first.
        beside = place.with_name(f".{place.name[:40]}.{PREFIX}{secrets.token_hex(4)}")
        try:
            shutil.copy2(waiting, beside, follow_symlinks=False)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
