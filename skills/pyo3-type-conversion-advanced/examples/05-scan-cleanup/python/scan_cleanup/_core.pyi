from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["despeckle", "stretch"]

_Image: TypeAlias = NDArray[np.uint8 | np.uint16 | np.float32]

def despeckle(image: _Image) -> None: ...
def stretch(image: _Image, black: float, white: float) -> None: ...
