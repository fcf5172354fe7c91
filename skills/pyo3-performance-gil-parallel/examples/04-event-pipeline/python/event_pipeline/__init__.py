"""Anonymise compressed event files in a pipeline of threads."""

from event_pipeline._core import Summary, anonymise_file

__all__ = ["Summary", "anonymise_file"]
