"""Money, accounts and the journal: their behaviour as Python objects, also between threads."""

import copy
import gc
import pickle
import re
import sys
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from ledger import (
    Account,
    CreditAccount,
    Currency,
    CurrencyMismatchError,
    DuplicateAccountError,
    Entry,
    Journal,
    LedgerError,
    Money,
    OverdrawnError,
    Transaction,
    UnknownAccountError,
    UnknownCurrencyError,
    total,
)

if TYPE_CHECKING:
    from typing_extensions import Self

EUR, JPY = Currency.EUR, Currency.JPY
LARGEST, SMALLEST = Money(2**63 - 1, EUR), Money(-(2**63), EUR)


def euro(minor: int) -> Money:
    return Money(minor, EUR)


def deposit(minor: int) -> Entry:
    return Entry.Deposit("cash", euro(minor))


def withdrawal(minor: int, account: str = "cash") -> Entry:
    return Entry.Withdrawal(account, euro(minor))


def pickled(value: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))  # noqa: S301


VALUES = [
    EUR,
    euro(1250),
    SMALLEST,
    deposit(5),
    withdrawal(5),
    Entry.Transfer("cash", "rent", euro(5)),
]


class SavingsAccount(Account):
    """Overrides what Rust calls, and can have attributes of its own."""

    journal: Journal | None = None

    def overdraft(self) -> Money:
        """Lend ten cents more than any account does."""
        return super().overdraft() + euro(10)


class FamilyAccount(CreditAccount):
    """Takes one argument more, which `__new__` receives and `__getnewargs__` gives back."""

    members: Sequence[str]

    def __new__(cls, name: str, limit: Money, members: Sequence[str]) -> "Self":
        account = super().__new__(cls, name, limit)
        account.members = members
        return account

    def __getnewargs__(self) -> tuple[Any, ...]:
        return *super().__getnewargs__(), self.members


@pytest.fixture(name="journal")
def new_journal() -> Journal:
    return Journal([Account("cash", EUR), Account("rent", EUR)])


def test_money_is_a_value() -> None:
    assert euro(5) == Money(minor=5, currency=EUR) != euro(6)
    assert {euro(5): "five"}[euro(5)] == "five"
    assert euro(5) != Money(5, JPY)
    assert euro(5) != 5
    assert str(euro(-5)) == "-0.05 EUR"
    assert eval(repr(euro(-5))) == euro(-5)  # noqa: S307
    assert not Money.zero(JPY)


@pytest.mark.parametrize("name", ["minor", "currency", "anything"])
def test_money_is_immutable(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(euro(5), name, 6)


def test_money_is_ordered_within_a_currency() -> None:
    assert sorted([euro(3), euro(1), euro(2)]) == [euro(1), euro(2), euro(3)]
    assert euro(1) <= euro(1) < euro(2) >= euro(2) > euro(1)


@pytest.mark.parametrize("text", ["12.50 EUR", "-0.05 EUR", "300 JPY", "0.00 USD"])
def test_money_is_read_as_it_is_written(text: str) -> None:
    assert str(Money.parse(text)) == text


@pytest.mark.parametrize("text", ["", "12.5 EUR", "12,50 EUR", "3.00 JPY", "1.00 XYZ", "\uff11.00 EUR"])
def test_other_text_is_not_money(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an amount|no currency"):
        Money.parse(text)


def test_arithmetic() -> None:
    assert euro(5) + euro(3) - euro(10) == -euro(2)
    assert euro(5) * 3 == 3 * euro(5) == euro(15)
    assert sum([euro(1), euro(2)], Money.zero(EUR)) == total([euro(1), euro(2)], EUR)
    assert total([], JPY) == Money.zero(JPY)


@pytest.mark.parametrize(
    "calculate",
    [
        lambda: LARGEST + euro(1),
        lambda: SMALLEST - euro(1),
        lambda: -SMALLEST,
        lambda: LARGEST * 2,
        lambda: 10**30 * euro(1),
        lambda: total([LARGEST, euro(1)], EUR),
        lambda: Money(2**63, EUR),
        lambda: Money.parse("92233720368547758.08 EUR"),
    ],
)
def test_overflow_is_an_exception(calculate: Callable[[], Money]) -> None:
    with pytest.raises(OverflowError):
        calculate()


@pytest.mark.parametrize(
    "mix",
    [
        lambda: euro(1) + Money(1, JPY),
        lambda: euro(1) - Money(1, JPY),
        lambda: euro(1) < Money(1, JPY),
        lambda: euro(1) >= Money(1, JPY),
        lambda: total([euro(1), Money(1, JPY)], EUR),
    ],
)
def test_currencies_do_not_mix(mix: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="EUR and JPY are different currencies"):
        mix()


@pytest.mark.parametrize(
    "calculate",
    [
        lambda: euro(1) + 1,  # type: ignore[operator]
        lambda: euro(1) * 1.5,  # type: ignore[operator]
        lambda: euro(1) < 1,  # type: ignore[operator]
    ],
)
def test_money_is_no_number(calculate: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        calculate()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_can_be_pickled(value: object, protocol: int) -> None:
    restored = pickled(value, protocol)
    assert restored == value
    assert type(restored) is type(value)
    assert hash(restored) == hash(value)


@pytest.mark.parametrize("protocol", [0, 1])
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_protocols_of_python_2_are_refused(value: object, protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(value, protocol)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_can_be_copied(value: object) -> None:
    assert copy.copy(value) == copy.deepcopy(value) == value


@pytest.mark.parametrize("function", [total, Money.parse, Money.zero])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_functions_can_be_pickled(function: Callable[..., object], protocol: int) -> None:
    assert pickled(function, protocol) == function


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])
def test_accounts_keep_class_and_attributes(duplicate: Callable[[Any], Any]) -> None:
    savings = SavingsAccount("savings", EUR)
    savings.nickname = "holiday"  # type: ignore[attr-defined]
    family = FamilyAccount("family", euro(5), ["Ada", "Bob"])
    assert type(duplicate(savings)) is SavingsAccount
    assert vars(duplicate(savings)) == {"nickname": "holiday"}
    assert type(duplicate(family)) is FamilyAccount
    assert (duplicate(family).limit, duplicate(family).members) == (euro(5), ["Ada", "Bob"])


def test_a_restored_journal_goes_on(journal: Journal) -> None:
    journal.on_post = lambda entry: None
    journal.post(deposit(5))
    restored = pickled(journal)
    restored.post(withdrawal(2))
    assert restored.on_post is None
    assert (len(restored), restored.balance("cash")) == (2, euro(3))
    assert (len(journal), journal.balance("cash")) == (1, euro(5))


def test_a_transaction_cannot_be_pickled(journal: Journal) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(journal.transaction())


def describe(entry: Entry) -> str:
    match entry:
        case Entry.Deposit(account, amount):
            return f"{account} gets {amount}"
        case Entry.Transfer(payer=payer, payee=payee):
            return f"{payer} pays {payee}"
        case Entry.Withdrawal():
            return "gone"
    raise AssertionError(entry)


def test_entries_match() -> None:
    assert describe(deposit(5)) == "cash gets 0.05 EUR"
    assert describe(Entry.Transfer("cash", "rent", euro(5))) == "cash pays rent"
    assert describe(withdrawal(5)) == "gone"


def test_entries_are_values() -> None:
    assert isinstance(deposit(5), Entry)
    assert deposit(5) == deposit(5) != withdrawal(5)
    assert len({deposit(5), deposit(5), withdrawal(5)}) == 2
    assert eval(repr(deposit(5))) == deposit(5)  # noqa: S307
    assert repr(Entry.Deposit('a"b\n', euro(5))).startswith("Entry.Deposit('a\"b\\n', ")


def test_currencies_match() -> None:
    match euro(5).currency:
        case Currency.JPY:
            raise AssertionError
        case Currency.EUR:
            pass
    assert Currency("EUR") == EUR != JPY


@pytest.mark.parametrize(
    "currency",
    [
        Currency("EUR"),
        Money.parse("1.00 EUR").currency,
        Account("cash", EUR).currency,
        copy.copy(EUR),
        copy.deepcopy(EUR),
        pickled(EUR),
        pickled(euro(1)).currency,
    ],
)
def test_a_currency_is_the_member(currency: Currency) -> None:
    assert currency is EUR


def test_rust_calls_the_override() -> None:
    accounts = [
        Account("cash", EUR),
        CreditAccount("credit", euro(5)),
        SavingsAccount("savings", EUR),
    ]
    journal = Journal(accounts)
    for name, overdraft in [("cash", 0), ("credit", 5), ("savings", 10)]:
        with pytest.raises(ValueError, match=f"`{name}` has not enough money"):
            journal.post(withdrawal(overdraft + 1, name))
        if overdraft:
            journal.post(withdrawal(overdraft, name))
        assert journal.balance(name) == euro(-overdraft)


def test_what_an_override_raises_comes_out() -> None:
    class ClosedAccount(Account):
        def overdraft(self) -> Money:
            raise PermissionError("closed")

    journal = Journal([ClosedAccount("cash", EUR)])
    journal.post(deposit(5))
    with pytest.raises(PermissionError, match="closed"):
        journal.post(withdrawal(1))
    assert journal.balance("cash") == euro(5)


def test_an_override_must_return_money() -> None:
    class OddAccount(Account):
        def overdraft(self) -> Money:
            return "all of it"  # type: ignore[return-value]

    with pytest.raises(TypeError):
        Journal([OddAccount("cash", EUR)]).post(withdrawal(1))


def test_an_override_may_use_the_journal() -> None:
    class InsuredAccount(Account):
        def overdraft(self) -> Money:
            journal.post(deposit(100))
            return super().overdraft()

    journal = Journal([InsuredAccount("cash", EUR)])
    journal.post(withdrawal(30))
    assert journal.balance("cash") == euro(70)


def test_the_limit_is_checked() -> None:
    account = CreditAccount("cash", euro(5))
    account.limit = euro(7)
    for limit in [euro(-1), Money(5, JPY)]:
        with pytest.raises(ValueError, match=r"negative|different currencies"):
            account.limit = limit
    with pytest.raises(ValueError, match="negative"):
        CreditAccount("cash", euro(-1))
    with pytest.raises(TypeError):
        account.limit = 5  # type: ignore[assignment]
    assert account.limit == account.overdraft() == euro(7)
    with pytest.raises(AttributeError):
        account.name = "rent"  # type: ignore[misc]


def test_the_journal_is_a_sequence(journal: Journal) -> None:
    entries = [deposit(5), deposit(6), withdrawal(5), deposit(6)]
    for entry in entries:
        journal.post(entry)
    assert issubclass(Journal, Sequence)
    assert list(journal) == entries
    assert list(reversed(journal)) == entries[::-1]
    assert journal[0] == journal[-4] == entries[0]
    assert deposit(6) in journal
    assert deposit(7) not in journal
    assert "cash" not in journal
    assert (journal.index(deposit(6)), journal.count(deposit(6)), journal.count(None)) == (1, 2, 0)
    with pytest.raises(ValueError, match="not in the journal"):
        journal.index(deposit(7))


@pytest.mark.parametrize("start", [0, 1, 2, 4, 9, -1, -3, -9, sys.maxsize, -sys.maxsize - 1])
@pytest.mark.parametrize("stop", [0, 2, 3, 4, 9, -1, -3, -9, sys.maxsize, -sys.maxsize - 1])
def test_an_index_is_looked_for_as_in_a_list(start: int, stop: int) -> None:
    entries = [deposit(5), deposit(6), withdrawal(5), deposit(6)]
    journal = Journal([Account("cash", EUR)], entries)

    def find(sequence: Journal | list[Entry], entry: Entry) -> int | None:
        try:
            return sequence.index(entry, start, stop)
        except ValueError:
            return None

    for entry in entries:
        assert find(journal, entry) == find(entries, entry)


def test_the_start_is_enough(journal: Journal) -> None:
    for minor in (5, 6, 5):
        journal.post(deposit(minor))
    assert journal.index(deposit(5), 1) == 2


@pytest.mark.parametrize("start", [None, -9, -3, 0, 2, 9, -sys.maxsize])
@pytest.mark.parametrize("stop", [None, -3, 0, 2, sys.maxsize])
@pytest.mark.parametrize("step", [None, -2, -1, 1, 3, sys.maxsize, -sys.maxsize])
def test_slices_are_those_of_a_list(start: int | None, stop: int | None, step: int | None) -> None:
    entries = [deposit(minor) for minor in range(1, 6)]
    journal = Journal([Account("cash", EUR)], entries)
    assert journal[start:stop:step] == entries[start:stop:step]


@pytest.mark.parametrize("index", [1, -2, sys.maxsize, -sys.maxsize - 1, 10**30, -(10**30)])
def test_indices_are_checked(index: int) -> None:
    journal = Journal([Account("cash", EUR)], [deposit(5)])
    with pytest.raises(IndexError):
        journal[index]


def test_an_index_is_a_number_or_a_slice(journal: Journal) -> None:
    with pytest.raises(TypeError):
        journal["cash"]  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="zero"):
        journal[::0]


def test_a_slice_may_use_the_journal(journal: Journal) -> None:
    class Index:
        def __index__(self) -> int:
            return len(journal)

    journal.post(deposit(5))
    assert journal[: Index()] == [deposit(5)]


def test_the_journal_matches_sequence_patterns(journal: Journal) -> None:
    def first(entries: object) -> object:
        match entries:
            case [entry, *_]:
                return entry
        return None

    journal.post(deposit(5))
    assert first(journal) == deposit(5)


def test_iteration_sees_what_is_posted_meanwhile(journal: Journal) -> None:
    journal.post(deposit(1))
    seen = []
    for entry in journal:
        seen.append(entry)
        if len(seen) < 4:
            journal.post(deposit(len(seen) + 1))
    assert seen == list(journal) == [deposit(minor) for minor in range(1, 5)]


def test_an_iterator_at_its_end_stays_there(journal: Journal) -> None:
    entries = iter(journal)
    assert iter(entries) is entries
    assert next(entries, None) is None
    journal.post(deposit(5))
    assert next(entries, None) is None


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (withdrawal(6), ValueError),
        (deposit(0), ValueError),
        (deposit(-1), ValueError),
        (Entry.Deposit("cash", Money(5, JPY)), ValueError),
        (withdrawal(1, "shoes"), KeyError),
        (Entry.Deposit("shoes", euro(1)), KeyError),
        (Entry.Deposit("cash", LARGEST), OverflowError),
    ],
    ids=repr,
)
def test_a_refused_entry_changes_nothing(journal: Journal, entry: Entry, error: type[Exception]) -> None:
    journal.post(deposit(5))
    with pytest.raises(error):
        journal.post(entry)
    assert list(journal) == [deposit(5)]
    assert journal.balance("cash") == euro(5)


@pytest.mark.parametrize(
    ("mistake", "error", "also"),
    [
        (lambda journal: Currency("XYZ"), UnknownCurrencyError, ValueError),
        (lambda journal: Money.parse("1.00 XYZ"), UnknownCurrencyError, ValueError),
        (lambda journal: euro(1) + Money(1, JPY), CurrencyMismatchError, ValueError),
        (lambda journal: Journal([*journal.accounts] * 2), DuplicateAccountError, ValueError),
        (lambda journal: journal.balance("shoes"), UnknownAccountError, KeyError),
        (lambda journal: journal.post(withdrawal(1)), OverdrawnError, ValueError),
    ],
)
def test_exceptions_of_the_package_have_one_base(
    journal: Journal, mistake: Callable[[Journal], object], error: type[Exception], also: type[Exception]
) -> None:
    with pytest.raises(LedgerError) as raised:
        mistake(journal)
    assert type(raised.value) is error
    assert isinstance(raised.value, also)


def test_an_unknown_account_is_the_key_alone(journal: Journal) -> None:
    with pytest.raises(KeyError) as raised:
        journal.balance("shoes")
    assert raised.value.args == ("shoes",)


def test_accounts_need_different_names() -> None:
    with pytest.raises(ValueError, match="two accounts `cash`"):
        Journal([Account("cash", EUR), Account("cash", JPY)])


def test_a_transaction_posts_at_its_end(journal: Journal) -> None:
    with journal.transaction() as transaction:
        transaction.post(deposit(5))
        transaction.post(Entry.Transfer("cash", "rent", euro(5)))
        assert len(journal) == 0
    assert len(journal) == 2
    assert journal.balance("rent") == euro(5)


def test_an_exception_rolls_a_transaction_back(journal: Journal) -> None:
    def interrupt() -> None:
        with journal.transaction() as transaction:
            transaction.post(deposit(5))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert len(journal) == 0
    assert journal.balance("cash") == euro(0)


def test_a_refused_entry_rolls_a_transaction_back(journal: Journal) -> None:
    transaction = journal.transaction().__enter__()
    transaction.post(deposit(5))
    transaction.post(withdrawal(6))
    with pytest.raises(ValueError, match="not enough"):
        transaction.__exit__(None, None, None)
    assert len(journal) == 0
    assert journal.balance("cash") == euro(0)


def test_a_transaction_is_used_in_its_block(journal: Journal) -> None:
    transaction = journal.transaction()
    with pytest.raises(RuntimeError, match="not open"):
        transaction.post(deposit(5))
    with pytest.raises(RuntimeError, match="not open"):
        transaction.__exit__(None, None, None)
    with transaction, pytest.raises(RuntimeError, match="open already"):
        transaction.__enter__()
    with transaction:
        transaction.post(deposit(5))
    assert list(journal) == [deposit(5)]


def test_the_callback_may_use_the_journal(journal: Journal) -> None:
    def charge(entry: Entry) -> None:
        if isinstance(entry, Entry.Deposit):
            journal.post(withdrawal(1))
        seen.append((entry, len(journal), journal.balance("cash")))
        journal.on_post = journal.on_post

    seen: list[tuple[Entry, int, Money]] = []
    journal.on_post = charge
    journal.post(deposit(5))
    assert seen == [(withdrawal(1), 2, euro(4)), (deposit(5), 2, euro(4))]


def test_what_the_callback_raises_comes_out(journal: Journal) -> None:
    def fail(entry: Entry) -> None:
        raise LookupError(entry)

    journal.on_post = fail
    with pytest.raises(LookupError) as raised:
        journal.post(deposit(5))
    assert raised.value.args == (deposit(5),)
    assert raised.traceback[-1].name == "fail"
    assert list(journal) == [deposit(5)]


def post_together(journal: Journal, *deposits: int) -> None:
    with journal.transaction() as transaction:
        for minor in deposits:
            transaction.post(deposit(minor))


def test_all_entries_are_told_before_an_exception_comes_out(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(entry: Entry) -> None:
        told.append(entry)
        raise LookupError(len(told))

    told: list[Entry] = []
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda hook: unraisable.append(hook.exc_value.args))
    journal.on_post = fail
    with pytest.raises(LookupError) as raised:
        post_together(journal, 1, 2, 3)
    assert told == list(journal) == [deposit(1), deposit(2), deposit(3)]
    assert raised.value.args == (1,)
    assert unraisable == [(2,), (3,)]


def test_ctrl_c_in_a_callback_stops_the_others(journal: Journal) -> None:
    def interrupt(entry: Entry) -> None:
        told.append(entry)
        raise KeyboardInterrupt

    told: list[Entry] = []
    journal.on_post = interrupt
    with pytest.raises(KeyboardInterrupt):
        post_together(journal, 1, 2)
    assert len(told) == 1
    assert len(journal) == 2


def test_the_callback_must_be_callable(journal: Journal) -> None:
    with pytest.raises(TypeError, match="callable"):
        journal.on_post = 5  # type: ignore[assignment]
    journal.on_post = print
    journal.on_post = None
    assert journal.on_post is None


def test_a_replaced_callback_may_use_the_journal(journal: Journal) -> None:
    class Callback:
        def __call__(self, entry: Entry) -> None:
            pass

        def __del__(self) -> None:
            lasts.append(journal.on_post)

    lasts: list[object] = []
    journal.on_post = Callback()
    journal.on_post = print
    gc.collect()
    assert lasts == [print]


def test_journals_can_be_weakly_referenced() -> None:
    journal = Journal([])
    alive = weakref.ref(journal)
    assert alive() is journal
    del journal
    gc.collect()
    assert alive() is None


def journals_in_memory() -> int:
    """Count them; weak references are gone even if the collector can't break a cycle."""
    gc.collect()
    return sum(type(thing) is Journal for thing in gc.get_objects())


def cycle_by_callback(journal: Journal) -> None:
    journal.on_post = (journal,).count


def cycle_by_account(journal: Journal) -> None:
    for account in journal.accounts:
        if isinstance(account, SavingsAccount):
            account.journal = journal


def cycle_by_iterator(journal: Journal) -> None:
    entries = iter(journal)
    journal.on_post = lambda entry: next(entries, None)


def cycle_by_transaction(journal: Journal) -> None:
    journal.on_post = journal.transaction().post


@pytest.mark.parametrize("tie", [cycle_by_callback, cycle_by_account, cycle_by_iterator, cycle_by_transaction])
def test_cycles_are_collected(tie: Callable[[Journal], None]) -> None:
    before = journals_in_memory()
    journal = Journal([SavingsAccount("savings", EUR)])
    tie(journal)
    del journal
    assert journals_in_memory() == before


def in_threads(work: Callable[[int], Any], threads: int = 8) -> list[Any]:
    """Start all at the same moment, with switches as often as there can be."""
    barrier = Barrier(threads)

    def start(number: int) -> Any:
        barrier.wait()
        return work(number)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(start, range(threads)))
    finally:
        sys.setswitchinterval(interval)


def test_threads_lose_no_entry(journal: Journal) -> None:
    def work(number: int) -> None:
        for _ in range(200):
            journal.post(deposit(number + 1))
            assert journal[-1] in journal

    in_threads(work)
    assert len(journal) == 1600
    assert journal.balance("cash") == euro(200 * 36)


def test_threads_cannot_overdraw_together() -> None:
    def work(number: int) -> int:
        paid = 0
        for _ in range(50):
            try:
                journal.post(withdrawal(1, "savings"))
            except ValueError:
                continue
            paid += 1
        return paid

    journal = Journal([SavingsAccount("savings", EUR)])
    journal.post(Entry.Deposit("savings", euro(90)))
    assert sum(in_threads(work)) == 100
    assert journal.balance("savings") == euro(-10)


def test_threads_share_an_iterator() -> None:
    entries = [deposit(minor) for minor in range(1, 2001)]
    shared = iter(Journal([Account("cash", EUR)], entries))
    seen = [repr(entry) for part in in_threads(lambda number: list(shared)) for entry in part]
    assert sorted(seen) == sorted(map(repr, entries))


def test_threads_use_callback_limit_and_collector_at_once() -> None:
    def work(number: int) -> None:
        for minor in range(1, 100):
            with journal.transaction() as transaction:
                transaction.post(withdrawal(1))
                transaction.post(deposit(1))
            journal.on_post = list[Entry]().append if minor % 2 else None
            account.limit = euro(10 + number)
            if minor % 20 == number:
                gc.collect()

    account = CreditAccount("cash", euro(10))
    journal = Journal([account])
    in_threads(work)
    assert journal.balance("cash") == euro(0)
    assert euro(10) <= account.limit <= euro(17)


@pytest.mark.parametrize("cls", [Account, CreditAccount, Entry, Journal, Money, Transaction])
def test_classes_say_where_they_are(cls: type) -> None:
    assert cls.__module__ == "ledger"
    assert pickled(cls) is cls


def test_the_readme_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(block, {})  # noqa: S102
    assert capsys.readouterr().out == "10.00 EUR\n"
