"""
Money, and a ledger of it.
"""

from typing import Any, Final, SupportsIndex, final

__all__ = [
    "Currency",
    "Ledger",
    "Money",
]

@final
class Currency:
    """
    What money is counted in: `Currency("EUR") is Currency.EUR`.
    """

    EUR: Final[Currency]
    """
    The euro.
    """
    USD: Final[Currency]
    """
    The US dollar.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[str]: ...
    def __hash__(self, /) -> int: ...
    def __int__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, code: str) -> Currency: ...

@final
class Ledger:
    """
    Entries that any thread may add, and that are never changed.
    """
    def __len__(self, /) -> int: ...
    def __new__(cls, /) -> Ledger: ...
    def add(self, /, amount: Money, note: Any) -> None:
        """
        Add an entry.

        Args:
            amount: How much it is.
            note: Any object that says what it is for.
        """
    def total(self, /, currency: Currency) -> Money:
        """
        Sum up the entries in a currency.

        Raises:
            LedgerError: If the sum is too large.
        """

@final
class Money:
    """
    An amount of money: a value that can be compared, hashed and pickled.

    Args:
        cents: The amount, in hundredths of the currency.
        currency: What it is counted in.
    """
    def __add__(self, other: object, /) -> Money: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, Currency]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, cents: SupportsIndex, currency: Currency) -> Money: ...
    @property
    def cents(self, /) -> int:
        """
        The amount, in hundredths of the currency.
        """
    @property
    def currency(self, /) -> Currency:
        """
        What the amount is counted in.
        """
