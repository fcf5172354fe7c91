"""Level, amplify and resample 16-bit audio in memory."""

from pcm_tools._core import Samples, __version__, amplify, peak, resample, rms

__all__ = ["Samples", "__version__", "amplify", "peak", "resample", "rms"]
