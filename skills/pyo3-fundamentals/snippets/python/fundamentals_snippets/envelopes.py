"""Envelopes with windows; `references/modules.md` shows this file."""

# region: facade
from fundamentals_snippets._core import modules

WindowEnvelope = modules.envelopes.WindowEnvelope

__all__ = ["WindowEnvelope"]
# endregion: facade
