from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import final

@final
class Totals:
    @property
    def files(self) -> int: ...
    @property
    def bytes(self) -> int: ...

def digest_folder(
    folder: str | PathLike[str],
    *,
    progress: Callable[[int], object] | None = None,
    every: int = 1_048_576,
) -> dict[Path, str]: ...
def reset_logging() -> None: ...
def totals() -> Totals: ...
