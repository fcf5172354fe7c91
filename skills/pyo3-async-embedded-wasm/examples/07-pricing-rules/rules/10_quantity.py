"""A rule: tea in quantity."""

from pricing import Order


def price(order: Order) -> None:
    """Who takes ten boxes of tea gets a tenth off."""
    if order.quantity("tea") >= 10:
        order.discount(10, "ten boxes of tea")
