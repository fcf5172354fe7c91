from collections.abc import Sequence
from typing import Final

__version__: Final[str]
BUILD_PROFILE: Final[str]

def distance(left: str, right: str, *, swaps: bool = False, cutoff: int | None = None) -> int | None: ...
def distances(
    word: str, others: Sequence[str], *, swaps: bool = False, cutoff: int | None = None
) -> list[int | None]: ...
def closest(
    word: str, candidates: Sequence[str], *, swaps: bool = False, cutoff: int | None = None
) -> tuple[str, int] | None: ...
