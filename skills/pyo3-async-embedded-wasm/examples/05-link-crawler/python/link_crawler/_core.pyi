from collections.abc import Awaitable
from typing import final

__all__ = ["Page", "crawl", "running", "waiting"]

@final
class Page:
    @property
    def url(self) -> str: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def status(self) -> int | None: ...
    @property
    def redirect(self) -> str | None: ...
    @property
    def problem(self) -> str | None: ...
    @property
    def forbidden(self) -> bool: ...
    @property
    def tries(self) -> int: ...

def crawl(
    start: str,
    *,
    per_host: int,
    connections: int,
    timeout: float,
    retries: int,
    backoff: float,
    longest_wait: float,
    max_bytes: int,
    max_pages: int,
    user_agent: str,
    authorities: bytes | None,
) -> Awaitable[tuple[list[Page], bool]]: ...
def running() -> int: ...
def waiting() -> dict[str, int]: ...
