from collections.abc import Sequence
from typing import Any, Protocol, final

__all__ = ["Tensor", "fill_tensor", "to_tensor"]

class _DLPack(Protocol):
    def __dlpack__(self) -> Any: ...
    def __dlpack_device__(self) -> tuple[Any, int]: ...

@final
class Tensor:
    @property
    def shape(self) -> tuple[int, int, int, int]: ...
    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

def to_tensor(frames: _DLPack, /, *, mean: Sequence[float] = ..., deviation: Sequence[float] = ...) -> Tensor: ...
def fill_tensor(
    frames: _DLPack, target: _DLPack, /, *, mean: Sequence[float] = ..., deviation: Sequence[float] = ...
) -> None: ...
