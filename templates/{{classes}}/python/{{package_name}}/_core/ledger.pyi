"""
Money, accounts, and the journal of what moved between them.
"""

from typing import Any, Final, SupportsIndex, final

from _typeshed import SupportsGetItem
from typing_extensions import disjoint_base

__all__ = [
    "Account",
    "CreditAccount",
    "Currency",
    "Entry",
    "Journal",
    "JournalIterator",
    "Money",
    "Transaction",
    "total",
]

@disjoint_base
class Account:
    """
    A named account that may not be overdrawn.

    Subclass it and override `overdraft` to set other rules: the journal calls the override. A
    subclass with further arguments overrides `__new__`, because that is what receives them.

    Args:
        name: What entries call the account.
        currency: What its balance is counted in.
    """
    def __getnewargs__(self, /) -> tuple[object, ...]: ...
    def __new__(cls, /, name: str, currency: Currency) -> Account: ...
    def __repr__(self, /) -> str: ...
    @property
    def currency(self, /) -> Currency:
        """
        What the balance is counted in.
        """
    @property
    def name(self, /) -> str:
        """
        What entries call the account.
        """
    def overdraft(self, /) -> Money:
        """
        Say how far the balance may fall below zero.

        Returns:
            An amount in the account's currency, zero unless overridden.
        """

@disjoint_base
class CreditAccount(Account):
    """
    An account that may be overdrawn up to a limit.

    Args:
        name: What entries call the account.
        limit: How far the balance may fall below zero; its currency is the account's.

    Raises:
        ValueError: If the limit is negative.
    """
    def __getnewargs__(self, /) -> tuple[str, Money]: ...
    def __new__(cls, /, name: str, limit: Money) -> CreditAccount: ...
    @property
    def limit(self, /) -> Money:
        """
        How far the balance may fall below zero: not negative, in the account's currency.
        """
    @limit.setter
    def limit(self, /, limit: Money) -> None: ...
    def overdraft(self, /) -> Money:
        """
        Say how far the balance may fall below zero.

        Returns:
            The limit.
        """

@final
class Currency:
    """
    What an amount of money is counted in.

    Compare members with `==`, not `is`: Rust makes a new, equal object for each one it returns.

    Args:
        code: The ISO 4217 code, as in `Currency("EUR")`.

    Raises:
        ValueError: If there is no currency with this code.
    """

    EUR: Final[Currency]
    """
    The euro, of 100 cents.
    """
    JPY: Final[Currency]
    """
    The Japanese yen, which has no smaller unit.
    """
    USD: Final[Currency]
    """
    The US dollar, of 100 cents.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[str]: ...
    def __hash__(self, /) -> int: ...
    def __int__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, code: str) -> Currency: ...
    def __repr__(self, /) -> str: ...
    @property
    def code(self, /) -> str:
        """
        The ISO 4217 code.
        """

@disjoint_base
class Entry:
    """
    One line of a journal: a value, immutable and hashable, made for `match`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[object, ...]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @final
    class Deposit(Entry):
        """
        Money that comes from outside.
        """

        __match_args__: Final = ("account", "amount")
        def __new__(cls, /, account: str, amount: Money) -> Entry.Deposit: ...
        @property
        def account(self, /) -> str:
            """
            The name of the account that receives it.
            """
        @property
        def amount(self, /) -> Money:
            """
            How much, more than zero.
            """

    @final
    class Transfer(Entry):
        """
        Money that moves from one account to another.
        """

        __match_args__: Final = ("payer", "payee", "amount")
        def __new__(cls, /, payer: str, payee: str, amount: Money) -> Entry.Transfer: ...
        @property
        def amount(self, /) -> Money:
            """
            How much, more than zero.
            """
        @property
        def payee(self, /) -> str:
            """
            The name of the account that receives.
            """
        @property
        def payer(self, /) -> str:
            """
            The name of the account that pays.
            """

    @final
    class Withdrawal(Entry):
        """
        Money that leaves.
        """

        __match_args__: Final = ("account", "amount")
        def __new__(cls, /, account: str, amount: Money) -> Entry.Withdrawal: ...
        @property
        def account(self, /) -> str:
            """
            The name of the account that pays it.
            """
        @property
        def amount(self, /) -> Money:
            """
            How much, more than zero.
            """

@final
class Journal:
    """
    The entries that were posted, oldest first, and the balances that follow from them.

    A journal is a sequence of entries to which entries can be added, but neither changed nor
    removed. Threads may share it. Pickles and copies keep accounts and entries, not the callback.

    Args:
        accounts: The accounts that entries may name.
        entries: A history to start with, whose overdrafts are not checked again.

    Raises:
        ValueError: If two accounts have one name, or an entry is refused.
        KeyError: If an entry names another account.
    """
    def __contains__(self, entry: Any, /) -> bool: ...
    def __getitem__(self, index: SupportsIndex | slice | int, /) -> Entry | list[Entry]: ...
    def __getnewargs__(self, /) -> tuple[list[Account], list[Entry]]: ...
    def __iter__(self, /) -> JournalIterator: ...
    def __len__(self, /) -> int: ...
    def __new__(
        cls,
        /,
        accounts: SupportsGetItem[int, Account],
        entries: SupportsGetItem[int, Entry] | None = None,
    ) -> Journal: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> list[Account]:
        """
        The accounts, in the order of their names.
        """
    def balance(self, account: str, /) -> Money:
        """
        Look up what an account holds.

        Args:
            account: The name of the account.

        Raises:
            KeyError: If there is no account of this name.
        """
    def count(self, entry: Any, /) -> int:
        """
        Count the entries that equal this one.

        Args:
            entry: The entry to look for.
        """
    def index(self, entry: Any, /) -> int:
        """
        Find the first entry that equals this one.

        Args:
            entry: The entry to look for.

        Returns:
            Its index.

        Raises:
            ValueError: If there is none.
        """
    @property
    def on_post(self, /) -> Any | None:
        """
        A function that is called with each entry after it was posted, or None.

        It may use the journal. What it raises comes out of `post`, and the entry stays posted.
        """
    @on_post.setter
    def on_post(self, /, callback: Any | None) -> None: ...
    def post(self, entry: Entry, /) -> None:
        """
        Post an entry.

        Args:
            entry: What moves.

        Raises:
            ValueError: If the amount is not positive, its currency is not the account's, or the
                balance would fall too low.
            KeyError: If there is no account of this name.
            OverflowError: If the balance would be too large.
        """
    def transaction(self, /) -> Transaction:
        """
        Collect entries that are to be posted together or not at all.

        Returns:
            A context manager. What its `post` was given is posted when the `with` block ends, and
            dropped when an exception leaves the block.
        """

@final
class JournalIterator:
    """
    An iterator over a journal that also sees what is posted meanwhile.
    """
    def __iter__(self, /) -> JournalIterator: ...
    def __next__(self, /) -> Entry: ...

@final
class Money:
    """
    An exact amount of money: a value, immutable and hashable.

    Amounts in one currency can be added, subtracted and ordered. Amounts in different currencies
    are unequal, and doing anything else with them raises `ValueError`. A result beyond 64 bits
    raises `OverflowError`.

    Args:
        minor: The amount in the currency's smallest unit, such as cents.
        currency: What it is counted in.
    """
    def __add__(self, other: object, /) -> Money: ...
    def __bool__(self, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ge__(self, other: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, Currency]: ...
    def __gt__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __le__(self, other: object, /) -> bool: ...
    def __lt__(self, other: object, /) -> bool: ...
    def __mul__(self, factor: object, /) -> Money: ...
    def __neg__(self, /) -> Money: ...
    def __new__(cls, /, minor: SupportsIndex, currency: Currency) -> Money: ...
    def __repr__(self, /) -> str: ...
    def __rmul__(self, factor: object, /) -> Money: ...
    def __str__(self, /) -> str: ...
    def __sub__(self, other: object, /) -> Money: ...
    @property
    def currency(self, /) -> Currency:
        """
        What the amount is counted in.
        """
    @property
    def minor(self, /) -> int:
        """
        The amount in the currency's smallest unit, such as cents.
        """
    @classmethod
    def parse(cls, text: str, /) -> Money:
        """
        Read an amount such as `12.50 EUR` or `-300 JPY`.

        Args:
            text: All decimals that the currency has, a space, and the currency's code.

        Raises:
            ValueError: If the text is anything else.
            OverflowError: If the amount is too large.
        """
    @staticmethod
    def zero(currency: Currency, /) -> Money:
        """
        No money at all.

        Args:
            currency: What it is counted in.
        """

@final
class Transaction:
    """
    Entries that are posted together or not at all; made by `Journal.transaction`.
    """
    def __enter__(self, /) -> Transaction: ...
    def __exit__(self, exc_type: Any | None, exc: Any | None, traceback: Any | None, /) -> None: ...
    def post(self, entry: Entry, /) -> None:
        """
        Add an entry to what is posted when the `with` block ends.

        Args:
            entry: What moves.

        Raises:
            RuntimeError: Outside the `with` block.
        """

def total(amounts: SupportsGetItem[int, Money], currency: Currency) -> Money:
    """
    Add up amounts of money.

    Args:
        amounts: The amounts, all in one currency.
        currency: That currency, which nothing at all is counted in, too.

    Returns:
        The sum; zero if there are no amounts.

    Raises:
        ValueError: If an amount is in another currency.
        OverflowError: If the sum is too large.
    """
