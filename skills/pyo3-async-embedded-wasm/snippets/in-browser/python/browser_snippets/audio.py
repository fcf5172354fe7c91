"""What the page calls: recordings in memory that JavaScript fills and Rust changes."""

from __future__ import annotations

from array import array

from browser_snippets._core import javascript

__all__ = ["allocate", "normalise", "scan"]

normalise = javascript.normalise
scan = javascript.scan


# region: allocate
def allocate(size: int) -> array[float]:
    """Make room for a recording, which JavaScript fills through `getBuffer`."""
    return array("f", bytes(4 * size))


# endregion: allocate
