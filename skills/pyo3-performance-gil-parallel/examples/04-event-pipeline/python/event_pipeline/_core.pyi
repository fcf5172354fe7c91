from collections.abc import Callable
from os import PathLike
from typing import final

__all__ = ["Summary", "anonymise_file"]

@final
class Summary:
    @property
    def events(self) -> int: ...
    @property
    def bad_lines(self) -> int: ...
    @property
    def reasons(self) -> tuple[tuple[int, str], ...]: ...

def anonymise_file(
    source: str | PathLike[str],
    target: str | PathLike[str],
    key: bytes,
    *,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Summary: ...
