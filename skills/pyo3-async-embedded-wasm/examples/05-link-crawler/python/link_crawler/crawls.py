"""A crawl, as Python calls it."""

from dataclasses import dataclass

from link_crawler import _core
from link_crawler._core import Page


@dataclass(frozen=True, slots=True)
class Report:
    """What a crawl has seen."""

    pages: list[Page]
    """Each link once, ordered by its URL."""
    complete: bool
    """False if there are more links than `max_pages`."""

    @property
    def broken(self) -> list[Page]:
        """The links that have a problem."""
        return [page for page in self.pages if page.problem]


async def crawl(  # noqa: PLR0913
    start: str,
    *,
    per_host: int = 2,
    connections: int = 16,
    timeout: float = 10.0,
    retries: int = 2,
    backoff: float = 0.5,
    longest_wait: float = 30.0,
    max_bytes: int = 2**20,
    max_pages: int = 1000,
    user_agent: str = "link-crawler/0.1",
    authorities: bytes | None = None,
) -> Report:
    """Check the links of a site. Cancelled, it stops at once, and closes its connections.

    The pages of the start's scheme, host and port are read for further links; links to others are only requested.

    Args:
        start: Where to begin.
        per_host: Connections at a time to one host.
        connections: Connections at a time to all hosts.
        timeout: Seconds that a request may take, from the name to the end of the answer.
        retries: How often to try again what may pass: no connection, a bad answer or none, status 429 and 502 to 504.
        backoff: Seconds before the second try; they double with each, unless `Retry-After` has a number of seconds.
        longest_wait: Seconds before another try at most, also if the server asks for more.
        max_bytes: How long a page may be, and a robots.txt.
        max_pages: Links to check at most.
        user_agent: How the crawler calls itself; up to a `/` it is the name that robots.txt may have rules for.
        authorities: PEM certificates to trust beside Mozilla's.

    Returns:
        What there is; problems of links are no exceptions.

    Raises:
        ValueError: If the start is no URL of the web, or an option is out of range.
        OverflowError: If a count is negative, or huge.
        RuntimeError: When Python ends, or in a process that was forked after the first crawl.
    """
    pages, complete = await _core.crawl(
        start,
        per_host=per_host,
        connections=connections,
        timeout=timeout,
        retries=retries,
        backoff=backoff,
        longest_wait=longest_wait,
        max_bytes=max_bytes,
        max_pages=max_pages,
        user_agent=user_agent,
        authorities=authorities,
    )
    return Report(pages, complete)
