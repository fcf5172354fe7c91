"""Token buckets of many clients, shared by threads without one lock for all."""

from rate_limits._core import Limiter, Stats

__all__ = ["Limiter", "Stats"]
