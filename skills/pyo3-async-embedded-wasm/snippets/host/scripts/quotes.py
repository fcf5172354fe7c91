"""Prices of a joinery, as its staff have written them."""

RATES = {"oak": 62.0, "beech": 41.5}


def price(wood: str, metres: float) -> float:
    """Return the price of so many metres."""
    return RATES[wood] * metres


def main() -> None:
    """Print an example."""
    print(f"{price('oak', 2):.2f}")
