"""A client of memcached whose connections many threads share."""

from cache_pool._core import CacheError, Client

__all__ = ["CacheError", "Client"]
