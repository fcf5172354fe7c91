"""Check the links of a site, politely, with limits to everything."""

from link_crawler._core import Page, running, waiting
from link_crawler.crawls import Report, crawl

__all__ = ["Page", "Report", "crawl", "running", "waiting"]
