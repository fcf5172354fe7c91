"""Codes of securities and companies as types: what has the type has been checked."""

from instrument_codes._core import Instrument, Isin, Lei, parse_isins

__all__ = ["Instrument", "Isin", "Lei", "parse_isins"]
