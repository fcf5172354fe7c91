"""Temporary folders, which are removed whatever happens."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.signals import postponed

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds between tries: a program that was stopped may have written a last file meanwhile.
PATIENCE = (0.01, 0.1, 0.5)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a temporary folder and remove it in the end, whatever signal comes meanwhile."""
    folder: Path | None = None
    try:
        with postponed():
            folder = Path(tempfile.mkdtemp(prefix="pyo3-new-")).resolve()
        yield folder
    finally:
        if folder is not None:
            with postponed():
                remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder, read-only files of git included, as far as the system lets it."""

    def retry(function: Any, path: str, _: Any) -> None:
        with suppress(OSError):
            Path(path).chmod(0o700)
            function(path)

    for pause in (*PATIENCE, None):
        shutil.rmtree(folder, onerror=retry)
        if pause is None or not folder.exists():
            return
        time.sleep(pause)
