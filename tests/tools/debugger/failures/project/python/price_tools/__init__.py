"""Prices, and what goes wrong with them."""

from price_tools._core import Basket, Price, Receipt, Till, average, cheapest, taxes, total, wait_for

__all__ = ["Basket", "Price", "Receipt", "Till", "average", "cheapest", "taxes", "total", "wait_for"]
