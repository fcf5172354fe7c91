"""Search a folder of log files for a pattern, on all cores."""

from log_search._core import Match, Report, search_logs

__all__ = ["Match", "Report", "search_logs"]
