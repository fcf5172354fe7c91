from collections.abc import Callable
from typing import Any, SupportsFloat, SupportsIndex, final

from root_find.observer import Observer

@final
class Root:
    @property
    def x(self) -> float: ...
    @property
    def calls(self) -> int: ...

def find_root(
    function: Callable[..., SupportsFloat | SupportsIndex] | str,
    low: float,
    high: float,
    *,
    tolerance: float = 1e-12,
    parameters: dict[str, Any] | None = None,
    observer: Observer | None = None,
) -> Root: ...
def difference(function: Callable[..., SupportsFloat | SupportsIndex] | str, target: float) -> Callable[..., float]: ...
