"""What the chapter on calling Python says."""

import datetime as dt
import json
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from fundamentals_snippets._core import calling_python as snippets


def test_the_standard_library_is_at_hand() -> None:
    assert snippets.weekday(2026, 11, 23) == "Monday"
    with pytest.raises(ValueError, match="day is out of range for month"):
        snippets.weekday(2026, 2, 30)


def test_a_class_is_imported_once_or_each_time() -> None:
    assert snippets.fraction(6, 4) == snippets.fraction_each(6, 4) == Fraction(3, 2)
    with pytest.raises(ZeroDivisionError):
        snippets.fraction(1, 0)


def test_what_is_imported_once_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert snippets.fraction(1, 2) == snippets.fraction_each(1, 2) == Fraction(1, 2)
    monkeypatch.setitem(sys.modules, "fractions", SimpleNamespace(Fraction=lambda *_: "replaced"))
    assert snippets.fraction(1, 2) == Fraction(1, 2)
    assert snippets.fraction_each(1, 2) == "replaced"


def test_keywords_are_given_by_a_dict() -> None:
    assert snippets.to_json({"b": 1, "a": [2]}) == '{"a": [2], "b": 1}'
    assert snippets.to_json([1], indent=1) == json.dumps([1], indent=1)
    assert snippets.to_json(Path("a"), default=str) == '"a"'
    with pytest.raises(TypeError, match="is not JSON serializable"):
        snippets.to_json(Path("a"))


def test_attributes_of_any_object_are_read() -> None:
    files = [SimpleNamespace(name="a.txt", size=3), SimpleNamespace(name="b.txt", size=2**40)]
    assert snippets.sizes(files) == [("a.txt", 3), ("b.txt", 2**40)]
    with pytest.raises(AttributeError, match="no attribute 'size'"):
        snippets.sizes([SimpleNamespace(name="a.txt")])
    with pytest.raises(TypeError, match="is not an instance of 'str'"):
        snippets.sizes([SimpleNamespace(name=b"a.txt", size=3)])


def test_an_error_of_a_callback_keeps_its_traceback() -> None:
    def rule(price: float) -> float:
        raise LookupError(f"no rule for {price}")

    with pytest.raises(LookupError, match=r"no rule for 2\.5") as caught:
        snippets.apply_rule([2.5], rule)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames][-2:] == ["test_an_error_of_a_callback_keeps_its_traceback", "rule"]


def test_a_callback_is_checked() -> None:
    assert snippets.apply_rule([1, 2], lambda price: price * 2) == [2.0, 4.0]
    assert snippets.apply_rule([1.4], round) == [1.0]
    with pytest.raises(TypeError, match="rule must be callable, not <class 'int'>"):
        snippets.apply_rule([1], 5)
    with pytest.raises(TypeError, match="must be real number, not str"):
        snippets.apply_rule([1], str)
    with pytest.raises(TypeError, match="takes 0 positional arguments but 1 was given"):
        snippets.apply_rule([1], lambda: 1)


def test_only_the_expected_error_is_caught() -> None:
    assert snippets.count_refused(["1", "one", "2"], int) == 1
    assert snippets.count_refused(["é"], lambda line: line.encode("ascii")) == 1
    with pytest.raises(ZeroDivisionError):
        snippets.count_refused(["0"], lambda line: 1 / int(line))
    with pytest.raises(KeyboardInterrupt):
        snippets.count_refused(["0"], lambda _: (_ for _ in ()).throw(KeyboardInterrupt()))


def test_a_stored_callback_is_called_from_any_thread() -> None:
    heard: list[float] = []
    alarm = snippets.Alarm(30, heard.append)
    threads = [threading.Thread(target=alarm.check, args=([20, 31, 40],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(heard) == [31.0] * 4 + [40.0] * 4
    assert alarm.check([1]) == 0


def test_an_error_of_a_stored_callback_ends_the_check() -> None:
    values = iter([1, 0])
    alarm = snippets.Alarm(30, lambda _: 1 / next(values))
    with pytest.raises(ZeroDivisionError):
        alarm.check([31, 32, 33])


def test_types_are_asked_for() -> None:
    assert snippets.cell(None) == "-"
    assert snippets.cell("né") == "né"
    assert snippets.cell(Decimal("1.50")) == "1.50"
    with pytest.raises(TypeError, match="no cell can be made of list"):
        snippets.cell([])


@contextmanager
def shelf(log: list[str]) -> Iterator[str]:
    log.append("open")
    try:
        yield "shelf"
    finally:
        log.append("closed")


def test_a_context_is_left_in_every_case() -> None:
    log: list[str] = []
    assert snippets.run_with(shelf(log), str.upper) == "SHELF"
    with pytest.raises(ZeroDivisionError):
        snippets.run_with(shelf(log), lambda _: 1 / 0)
    assert log == ["open", "closed"] * 2
    assert snippets.run_with(suppress(ZeroDivisionError), lambda _: 1 / 0) is None


class Gate:
    """A context manager that fails when it is left."""

    def __init__(self, leave: Callable[[BaseException | None], None]) -> None:
        self.leave = leave

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> None:
        self.leave(error)


def test_an_error_in_leaving_has_the_first_one_as_its_context() -> None:
    def fail(_: BaseException | None) -> None:
        raise OSError("the gate is stuck")

    with pytest.raises(OSError, match="the gate is stuck") as caught:
        snippets.run_with(Gate(fail), lambda _: 1 / 0)
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_an_error_that_is_raised_again_is_not_its_own_context() -> None:
    def again(error: BaseException | None) -> None:
        assert error
        raise error

    with pytest.raises(ZeroDivisionError) as caught:
        snippets.run_with(Gate(again), lambda _: 1 / 0)
    assert caught.value.__context__ is None


def test_a_capsule_is_known_by_its_name() -> None:
    assert snippets.with_tax(100.0, snippets.rates) == 119.0
    with pytest.raises(ValueError, match="incorrect name"):
        snippets.with_tax(100.0, dt.datetime_CAPI)
    with pytest.raises(TypeError, match="PyCapsule"):
        snippets.with_tax(100.0, 19.0)


def test_an_attribute_may_be_missing() -> None:
    company = SimpleNamespace(address="Quay 1")
    assert snippets.address(SimpleNamespace(address="Lane 2")) == "Lane 2"
    assert snippets.address(SimpleNamespace(company=company)) == "Quay 1"
    assert snippets.address(SimpleNamespace(address=None, company=company)) == "Quay 1"


def test_an_error_of_a_property_is_not_a_missing_attribute() -> None:
    class User:
        @property
        def address(self) -> str:
            raise OSError("no database")

    with pytest.raises(OSError, match="no database"):
        snippets.address(User())


def test_a_formula_can_do_all_that_python_can() -> None:
    assert snippets.formula_price("quantity * 2.5 if quantity < 10 else quantity * 2", 4) == 10.0
    assert snippets.formula_price("__import__('os').getpid()", 1) > 0
    with pytest.raises(SyntaxError):
        snippets.formula_price("price = 1", 1)


def test_a_module_is_named_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shop_format", SimpleNamespace(convert=str.upper))
    assert snippets.convert_with("shop_format", "pen") == "PEN"
    monkeypatch.setitem(sys.modules, "shop_empty", ModuleType("shop_empty"))
    with pytest.raises(LookupError, match="`shop_empty` has no function `convert`"):
        snippets.convert_with("shop_empty", "pen")
    with pytest.raises(ModuleNotFoundError, match="No module named 'shop_gone'"):
        snippets.convert_with("shop_gone", "pen")


def test_calls_are_counted() -> None:
    calls: list[object] = []
    snippets.call_times(lambda: calls.append(None), 3)
    assert len(calls) == 3
    seen = SimpleNamespace(get=calls.append)
    snippets.get_times(seen, "pen", 2)
    assert len(calls) == 5
