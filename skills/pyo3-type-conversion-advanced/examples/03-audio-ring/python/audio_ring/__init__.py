"""A ring of audio frames that lends its memory to writers and readers."""

from audio_ring._core import AudioRing
from audio_ring.blocks import follow

__all__ = ["AudioRing", "follow"]
