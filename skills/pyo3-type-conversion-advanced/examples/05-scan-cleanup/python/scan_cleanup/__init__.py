"""Clean scanned pages in place: specks and contrast."""

from scan_cleanup._core import despeckle, stretch
from scan_cleanup.pages import clean_page

__all__ = ["clean_page", "despeckle", "stretch"]
