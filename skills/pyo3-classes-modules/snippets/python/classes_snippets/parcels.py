"""Parcels, and who carries them: what users import."""

from classes_snippets._core import guide as _guide

__all__ = ["Carrier", "Courier", "Depot", "Weight"]

Carrier = _guide.Carrier
Courier = _guide.Courier
Depot = _guide.Depot
Weight = _guide.Weight
