from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import final

__all__ = ["Match", "Report", "search_logs"]

@final
class Match:
    @property
    def path(self) -> Path: ...
    @property
    def line(self) -> int: ...
    @property
    def text(self) -> str: ...

@final
class Report:
    @property
    def matches(self) -> tuple[Match, ...]: ...
    @property
    def complete(self) -> bool: ...
    @property
    def unreadable(self) -> tuple[tuple[Path, str], ...]: ...
    @property
    def files(self) -> int: ...
    @property
    def bytes(self) -> int: ...

def search_logs(
    folder: str | PathLike[str],
    pattern: str,
    *,
    ending: str = ".log",
    ignore_case: bool = False,
    limit: int = 1000,
    threads: int | None = None,
    progress: Callable[[int, int, int], object] | None = None,
) -> Report: ...
