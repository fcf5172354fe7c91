import os
from datetime import timedelta
from typing import Final, Protocol, final

from typing_extensions import CapsuleType

__all__ = ["BUILD_PROFILE", "LoadProfile", "__version__", "load_profile"]

__version__: Final[str]
BUILD_PROFILE: Final[str]

class _Seekable(Protocol):
    def seek(self, offset: int, whence: int, /) -> int: ...
    def read(self, size: int, /) -> bytes: ...

@final
class LoadProfile:
    @property
    def meters(self) -> int: ...
    @property
    def readings(self) -> int: ...
    @property
    def missing(self) -> int: ...
    @property
    def disordered(self) -> int: ...
    @property
    def resets(self) -> int: ...
    @property
    def gaps(self) -> int: ...
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> CapsuleType: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> CapsuleType: ...

def load_profile(
    source: str | os.PathLike[str] | _Seekable,
    /,
    *,
    meter: str = "meter",
    time: str = "time",
    register: str = "register",
    every: timedelta = ...,
    gap: timedelta = ...,
    max_meters: int = 10_000_000,
) -> LoadProfile: ...
