"""A second script, with the same names."""

RATES = {"regulars": 0.1}


def price(customer: str, total: float) -> float:
    """Return the price for a customer."""
    return total * (1 - RATES[customer])


def main() -> None:
    """Print an example."""
    print(f"{price('strangers', 100):.2f}")
