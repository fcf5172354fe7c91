"""Prices as shops print them."""

from price_tags._core import label

__all__ = ["label"]
