"""Record what threads do in a lock-free buffer, and write it as a Chrome trace meanwhile."""

from trace_buffer._core import Recorder, Span

__all__ = ["Recorder", "Span"]
