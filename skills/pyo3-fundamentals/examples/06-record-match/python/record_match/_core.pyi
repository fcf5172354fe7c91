from collections.abc import Callable, Sequence

__all__ = ["find_pairs"]

def find_pairs(
    names: Sequence[str],
    decide: Callable[[str, str, float], bool],
    *,
    ask_from: float = 0.5,
    sure_from: float = 0.9,
) -> list[tuple[int, int]]: ...
