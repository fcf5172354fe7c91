# What a robot's script can use: editors and mypy read this, the program has the module built in.
from typing import Any, final

@final
class TimeIsUp(BaseException): ...

@final
class Direction:
    North: Direction
    East: Direction
    South: Direction
    West: Direction

class Action:
    @final
    class Move(Action):
        def __init__(self, direction: Direction) -> None: ...
        @property
        def direction(self) -> Direction: ...

    @final
    class Fire(Action):
        def __init__(self, direction: Direction) -> None: ...
        @property
        def direction(self) -> Direction: ...

@final
class Robot:
    @property
    def name(self) -> str: ...
    @property
    def x(self) -> int: ...
    @property
    def y(self) -> int: ...
    @property
    def health(self) -> int: ...

@final
class View:
    @property
    def round(self) -> int: ...
    # Fields from 0 to below this, in both directions; north is where `y` is small.
    @property
    def size(self) -> int: ...
    @property
    def me(self) -> Robot: ...
    @property
    def others(self) -> list[Robot]: ...
    # What is put there stays when the script is reloaded.
    @property
    def memory(self) -> dict[str, Any]: ...
