"""Blocks of one size, as effects and meters want them."""

from collections.abc import Iterator

from audio_ring._core import AudioRing


def follow(ring: AudioRing, target: memoryview, timeout: float | None = None) -> Iterator[memoryview]:
    """Read a ring block by block until it is closed, into one array again and again.

    Args:
        ring: What to read.
        target: Where a block goes: a view of `float32` of shape (frames, channels).
        timeout: How many seconds to wait for a whole block; None for as long as it takes.

    Yields:
        The part of the target that was filled: all of it, or less if the time is over or the ring was closed.
    """
    while True:
        count = ring.read_into(target, timeout)
        if count:
            yield target[:count]
        elif ring.closed and not ring.unread:
            return
