"""Calculate prices exactly, with errors that callers can act on."""

from ._core import DiscountError, PriceError, UnknownItemError, parse_price, quote

__all__ = ["DiscountError", "PriceError", "UnknownItemError", "parse_price", "quote"]
