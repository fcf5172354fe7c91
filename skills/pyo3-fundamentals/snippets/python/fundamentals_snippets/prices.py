"""Errors of price lists; `references/errors.md` shows this file."""

# region: facade
from fundamentals_snippets._core import errors

PriceListError = errors.PriceListError
PriceSyntaxError = errors.PriceSyntaxError

__all__ = ["PriceListError", "PriceSyntaxError"]
# endregion: facade
