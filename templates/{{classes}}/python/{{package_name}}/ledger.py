"""Money, accounts, and the journal of what moved between them."""

from collections.abc import Sequence

from ._core.ledger import (
    Account,
    CreditAccount,
    Currency,
    Entry,
    Journal,
    Money,
    Transaction,
    total,
)

# Says that it has all methods of a sequence, and lets `match` take it apart.
Sequence.register(Journal)

__all__ = [
    "Account",
    "CreditAccount",
    "Currency",
    "Entry",
    "Journal",
    "Money",
    "Transaction",
    "total",
]
