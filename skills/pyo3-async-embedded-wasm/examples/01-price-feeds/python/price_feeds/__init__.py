"""Price feeds that run in Rust and are awaited from asyncio."""

from price_feeds._core import Candle, fetch_all, running
from price_feeds.errors import ClosedError, FeedError, HaltedError, PriceError
from price_feeds.feeds import Feed, summarize

__all__ = [
    "Candle",
    "ClosedError",
    "Feed",
    "FeedError",
    "HaltedError",
    "PriceError",
    "fetch_all",
    "running",
    "summarize",
]
