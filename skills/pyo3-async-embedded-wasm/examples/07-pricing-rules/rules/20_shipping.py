"""A rule: shipping."""

from decimal import Decimal

from pricing import Order

FREE_FROM = Decimal(60)


def price(order: Order) -> None:
    """Small orders pay for shipping."""
    if order.total < FREE_FROM:
        order.charge(Decimal("4.90"), "shipping")
