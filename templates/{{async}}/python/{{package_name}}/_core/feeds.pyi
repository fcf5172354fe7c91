"""
Price feeds that run in Rust and are awaited from asyncio.
"""

from collections.abc import Awaitable, Callable
from typing import SupportsFloat, SupportsIndex, final

from _typeshed import SupportsGetItem

__all__ = [
    "Candle",
    "Collector",
    "Feed",
    "fetch_all",
    "running",
]

@final
class Candle:
    """
    What a series of prices comes to.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    @property
    def close(self, /) -> float:
        """
        The last price.
        """
    @property
    def high(self, /) -> float:
        """
        The highest price.
        """
    @property
    def low(self, /) -> float:
        """
        The lowest price.
        """
    @property
    def open(self, /) -> float:
        """
        The first price.
        """

@final
class Collector:
    """
    A consumer of prices, running in Rust; `summarize` feeds it.

    Args:
        buffer: How many prices may wait for it, 1 to 65535.

    Raises:
        ValueError: If the buffer is 0.
        RuntimeError: In a process that was forked after the first use of this module.
    """
    def __new__(cls, /, buffer: SupportsIndex) -> Collector: ...
    def finish(self, /) -> Awaitable[Candle]:
        """
        End the series.

        Returns:
            An awaitable of the candle.

        Raises:
            ValueError: If a price was not above 0, or there was none.
            RuntimeError: If the series has ended before.
        """
    def offer(self, /, price: SupportsFloat | SupportsIndex) -> bool:
        """
        Hand a price over if there is room: a call, where `send` is a trip to another thread.

        Args:
            price: The next price.

        Returns:
            Whether it was taken.
        """
    def send(self, /, price: SupportsFloat | SupportsIndex) -> Awaitable[bool]:
        """
        Hand a price over as soon as there is room.

        Args:
            price: The next price.

        Returns:
            An awaitable: whether the consumer wants more. If not, `finish` says why.
        """

@final
class Feed:
    """
    Quotes of a simulated market: an async iterator of prices.

    Production begins at once, in Rust, and pauses while `buffer` quotes wait to be read. It ends
    with `aclose()` or when the feed is no longer referenced. Several readers share the quotes:
    each one goes to a single reader.

    Args:
        start: The first price.
        step: What each price adds to the one before.
        interval: Seconds from one quote to the next; 0 for as fast as they are read.
        count: The number of quotes; without it the feed ends only by an error.
        buffer: How many quotes may wait, 1 to 65535.

    Raises:
        ValueError: If the interval is not a time span, or the buffer 0.
        RuntimeError: In a process that was forked after the first use of this module. A reader
            gets one, too, when trading is halted because the price is not above 0.
    """
    def __aiter__(self, /) -> Feed: ...
    def __anext__(self, /) -> Awaitable[float]: ...
    def __new__(
        cls,
        /,
        start: SupportsFloat | SupportsIndex,
        step: SupportsFloat | SupportsIndex = 0.0,
        *,
        interval: SupportsFloat | SupportsIndex = 0.0,
        count: SupportsIndex | None = None,
        buffer: SupportsIndex = 16,
    ) -> Feed: ...
    def aclose(self, /) -> Awaitable[None]:
        """
        End the feed: readers come to the end, unread quotes are dropped.

        Returns:
            An awaitable that is done when nothing of the feed runs any more.
        """
    def next(self, /, timeout: SupportsFloat | SupportsIndex) -> Awaitable[float | None]:
        """
        Wait for a quote, but not for ever.

        Args:
            timeout: Seconds to wait; no quote is lost when they have passed.

        Returns:
            An awaitable of the price, or of None after the last one.

        Raises:
            TimeoutError: If there is no quote in time.
            RuntimeError: If trading is halted, or no event loop is running.
            ValueError: If the timeout is not a time span.
        """
    @property
    def produced(self, /) -> int:
        """
        How many quotes have been made, read or not.
        """

def fetch_all(
    fetch: Callable[[str], Awaitable[float]],
    symbols: SupportsGetItem[int, str],
    *,
    limit: SupportsIndex = 8,
) -> Awaitable[list[float]]:
    """
    Fetch the prices of many symbols at once with a coroutine function of yours.

    Rust calls `fetch(symbol)` and awaits it on the running event loop, with the caller's context
    variables. The first error, or cancellation, cancels what still runs.

    Args:
        fetch: A coroutine function from a symbol to its price.
        symbols: What to fetch.
        limit: How many fetches may run at a time, 1 to 65535.

    Returns:
        An awaitable of the prices, in the order of the symbols.

    Raises:
        ValueError: If the limit is 0.
        RuntimeError: If no event loop is running.
        Exception: What a fetch raised.
    """

def running() -> int:
    """
    Say how much is going on in Rust.

    Returns:
        The number of open feeds and unfinished awaitables; 0 once all are done or cancelled.
    """
