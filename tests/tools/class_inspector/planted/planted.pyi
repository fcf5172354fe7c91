from typing import Any, Self, final

@final
class Point:
    x: int
    y: int
    def __new__(cls, x: int, y: int = 1) -> Point: ...
    def length(self) -> float: ...

class Leaky:
    value: Any
    def __new__(cls) -> Self: ...
