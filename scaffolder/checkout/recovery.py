"""What a killed command left half done, finished by the next one."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scaffolder.checkout.apply import LONGEST, MARK, EditedError, Journal, Step, bring_in, lock_of, unwritable
from scaffolder.errors import ScaffolderError
from scaffolder.signals import undisturbed
from scaffolder.template.steps import quote

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.checkout.checkout import Checkout


def recover(checkout: Checkout, *, dry_run: bool = False) -> str | None:
    """Finish what an interrupted command began, and return what that was.

    Args:
        checkout: A project in the repository.
        dry_run: Only refuse a project with something to finish.

    Raises:
        ScaffolderError: It can't be finished.
    """
    journal = read(checkout)
    if journal is None:
        return None
    if at_work(checkout.journal, journal):
        raise ScaffolderError(
            f"another `pyo3-new {journal.operation}` is at work in `{checkout.root}`", "wait until it is done"
        )
    if dry_run:
        raise ScaffolderError(
            f"`pyo3-new {journal.operation}` was interrupted in `{checkout.root}`",
            "run `pyo3-new status`: it does the rest",
        )
    release_index(checkout)
    try:
        with undisturbed():
            bring_in(checkout, journal)
    except EditedError as error:
        folder = quote(str(checkout.root / journal.prefix))
        back = f"delete `{checkout.journal}` and run `git restore --staged --worktree -- {folder}`"
        hint = f"put it aside and run the command again; or to go back, {back}"
        raise ScaffolderError(f"{error.message}, which was interrupted", hint) from error
    except OSError as error:
        raise unwritable(error, journaled=True) from error
    return journal.operation


def read(checkout: Checkout) -> Journal | None:
    """Read the journal, if there is one."""
    try:
        data: dict[str, Any] = json.loads(checkout.journal.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    steps = tuple(Step(**entry) for entry in data.pop("steps"))
    return Journal(steps=steps, entries=tuple(data.pop("entries")), **data)


def at_work(path: Path, journal: Journal) -> bool:
    """Whether the process that wrote a journal is still running."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > LONGEST or journal.process == os.getpid():
            return False
        if os.name == "posix":
            os.kill(journal.process, 0)
        return True
    return False


def release_index(checkout: Checkout) -> None:
    """Remove the lock that a killed process left on the index."""
    lock = lock_of(checkout)
    with suppress(FileNotFoundError):
        if MARK.startswith(lock.read_bytes()):
            lock.unlink()
