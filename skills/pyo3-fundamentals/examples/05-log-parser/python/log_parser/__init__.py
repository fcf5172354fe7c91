"""Parse access logs of web servers, and show what is wrong in them."""

from ._core import Entries, Entry, LogSyntaxError, parse, parse_lenient

__all__ = ["Entries", "Entry", "LogSyntaxError", "parse", "parse_lenient"]
