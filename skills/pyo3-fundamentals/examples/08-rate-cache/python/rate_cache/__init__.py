"""A cache of exchange rates."""

from rate_cache._core import RateCache, Statistics, default_cache

__all__ = ["RateCache", "Statistics", "default_cache"]
