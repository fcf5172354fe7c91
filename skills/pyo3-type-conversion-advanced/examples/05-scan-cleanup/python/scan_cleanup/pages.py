"""A page as a whole."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scan_cleanup._core import despeckle, stretch

# A sample of the page tells enough of its ink and its paper.
MOST_PIXELS = 100_000


def clean_page(image: NDArray[Any], *, ink: float = 1.0, paper: float = 80.0) -> tuple[float, float]:
    """Remove the specks of a scanned page, and make its ink black and its paper white, in place.

    Args:
        image: The page, of shape (rows, columns) or (rows, columns, channels), `uint8`, `uint16` or `float32`.
        ink: How many percent of the pixels, the darkest, may become black.
        paper: From how many percent on pixels become white.

    Returns:
        The values that became black and white. If they are equal, the page is empty, and keeps its contrast.
    """
    despeckle(image)
    if not image.size:
        return (0.0, 0.0)
    step = max(1, int((image.shape[0] * image.shape[1] / MOST_PIXELS) ** 0.5))
    black, white = (float(value) for value in np.percentile(image[::step, ::step], [ink, paper]))
    if black < white:
        stretch(image, black, white)
    return black, white
