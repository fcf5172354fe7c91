from collections.abc import Callable, Iterable

__all__ = ["BUILD_PROFILE", "__version__", "find_groups", "similarity"]

__version__: str
BUILD_PROFILE: str

def similarity(first: str, second: str, *, words: int = 3) -> float: ...
def find_groups(
    texts: Iterable[str],
    *,
    threshold: float = 0.8,
    words: int = 3,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[list[int]]: ...
