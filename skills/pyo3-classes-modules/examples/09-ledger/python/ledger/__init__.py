"""Bookkeeping: money, accounts, and the journal of what moved between them."""

from collections.abc import Sequence

from ledger._core import Account, CreditAccount, Currency, Entry, Journal, Money, Transaction, total
from ledger.errors import (
    CurrencyMismatchError,
    DuplicateAccountError,
    LedgerError,
    OverdrawnError,
    UnknownAccountError,
    UnknownCurrencyError,
)

# Promises all methods of a sequence, and lets `match` take a journal apart.
Sequence.register(Journal)

__all__ = [
    "Account",
    "CreditAccount",
    "Currency",
    "CurrencyMismatchError",
    "DuplicateAccountError",
    "Entry",
    "Journal",
    "LedgerError",
    "Money",
    "OverdrawnError",
    "Transaction",
    "UnknownAccountError",
    "UnknownCurrencyError",
    "total",
]
