"""What drives async iterators: in Python, so that one task does, and a ready item costs no trip over the event loop."""

import time
from collections.abc import AsyncIterable

from price_feeds._core import Candle, Collector, Quotes


class Feed:
    """Quotes of a simulated market: an async iterator of prices.

    Production begins at once, in Rust, and pauses while `buffer` quotes wait to be read. It ends with `aclose()` or
    when the feed is no longer referenced. Several readers share the quotes: each one goes to a single reader, and none
    is lost if a reader is cancelled.
    """

    def __init__(
        self, start: float, step: float = 0.0, *, interval: float = 0.0, count: int | None = None, buffer: int = 16
    ) -> None:
        """Start the market.

        Args:
            start: The first price.
            step: What each price adds to the one before. The market is halted when the price is not above 0.
            interval: Seconds from one quote to the next; 0 for as fast as they are read.
            count: The number of quotes; without it the feed ends only by an error.
            buffer: How many quotes may wait, 1 to 65535.

        Raises:
            ValueError: If the interval is not a time span, or the buffer is 0.
            ClosedError: In a process that was forked after the first use of this package.
        """
        self._quotes = Quotes(start, step, interval, count, buffer)

    @property
    def produced(self) -> int:
        """How many quotes have been made, read or not."""
        return self._quotes.produced

    def __aiter__(self) -> "Feed":
        """Return itself."""
        return self

    # region: next
    async def __anext__(self) -> float:
        """Return the next price.

        Raises:
            HaltedError: If the price is not above 0.
        """
        while (price := self._quotes.take()) is None:
            await self._quotes.wait()
        return price

    # endregion: next

    async def next(self, timeout: float | None = None) -> float | None:
        """Wait for a price, but not for ever.

        Args:
            timeout: Seconds to wait; without it as long as it takes.

        Returns:
            The price, or None after the last one.

        Raises:
            TimeoutError: If there is none in time.
            HaltedError: If the price is not above 0.
            ValueError: If the timeout is not a time span.
        """
        start, left = time.monotonic(), timeout
        try:
            while (price := self._quotes.take()) is None:
                await self._quotes.wait(left)
                if timeout is not None:
                    left = max(0.0, start + timeout - time.monotonic())
        except StopAsyncIteration:
            return None
        return price

    async def aclose(self) -> None:
        """End the feed: readers come to the end, unread quotes are dropped."""
        await self._quotes.close()


async def summarize(prices: AsyncIterable[float], *, buffer: int = 16) -> Candle:
    """Summarize prices with a consumer in Rust, which runs beside the one that makes them.

    Args:
        prices: An async iterable; its iterator is closed in the end, also after an error.
        buffer: How many prices may wait for the consumer, 1 to 65535.

    Returns:
        The first, highest, lowest and last price.

    Raises:
        PriceError: If a price is not above 0, or there is none.
        ValueError: If the buffer is 0.
        Exception: What the iterable raised.
    """
    collector = Collector(buffer)
    iterator = aiter(prices)
    try:
        # Here and not in Rust: one task drives the iterator, so that its context, its timeouts and its cancellation are
        # the caller's.
        async for price in iterator:
            if not (collector.offer(price) or await collector.send(price)):
                break
    finally:
        if (aclose := getattr(iterator, "aclose", None)) is not None:
            await aclose()
    return await collector.finish()
