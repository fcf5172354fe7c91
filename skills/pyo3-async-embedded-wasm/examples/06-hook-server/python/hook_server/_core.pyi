from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, final

__all__ = ["Core", "Event", "Slot", "running"]

@final
class Event:
    @property
    def id(self) -> str: ...
    @property
    def time(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    def json(self) -> Any: ...

@final
class Slot:
    def release(self) -> None: ...

@final
class Core:
    def __new__(cls, secrets: list[str], max_body: int, patience: float, tolerance: int, connections: int) -> Core: ...
    def handle(
        self,
        path: str,
        function: Callable[[Event], bool] | Callable[[Event, Slot], Coroutine[Any, Any, bool]],
        is_async: bool,
        limit: float,
        at_once: int,
    ) -> None: ...
    def start(self, host: str, port: int) -> Awaitable[int]: ...
    def stop(self, grace: float) -> Awaitable[bool]: ...

def running() -> int: ...
