from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["accelerate", "advance"]

_Array: TypeAlias = NDArray[np.float64]

def accelerate(masses: _Array, positions: _Array, gravity: float, softening: float, threads: int | None) -> _Array: ...
def advance(
    masses: _Array,
    positions: _Array,
    velocities: _Array,
    seconds: float,
    steps: int,
    gravity: float,
    softening: float,
    threads: int | None,
) -> tuple[_Array, _Array]: ...
