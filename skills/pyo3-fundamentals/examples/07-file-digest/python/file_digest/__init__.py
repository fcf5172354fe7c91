"""Digests of the files of a folder."""

from file_digest._core import Totals, digest_folder, reset_logging, totals

__all__ = ["Totals", "digest_folder", "reset_logging", "totals"]
