"""What makes an object, and who is asked."""

from __future__ import annotations

import copy
import inspect

import pytest
from classes_snippets._core import construction

Colour, Gauge, Isbn = construction.Colour, construction.Gauge, construction.Isbn
Journey, Pages, Unit = construction.Journey, construction.Pages, construction.Unit


class Ink(Colour):
    pass


class Hike(Journey):
    def __init__(self, kilometres: int, boots: str) -> None:
        super().__init__(kilometres)
        self.boots = boots


def test_the_signature_is_that_of_python() -> None:
    assert str(inspect.signature(Colour)) == "(red, green, blue, *, alpha=255)"
    assert Colour(1, 2, 3).alpha == 255
    with pytest.raises(TypeError, match="takes 3 positional arguments but 4 were given"):
        Colour(1, 2, 3, 4)
    with pytest.raises(TypeError, match=r"Colour.__new__\(\) missing 1 required positional argument: 'blue'"):
        Colour(1, 2)
    with pytest.raises(OverflowError):
        Colour(1, 2, 3, alpha=300)
    assert "alpha" in Colour.__doc__


def test_fields_are_parameters() -> None:
    assert str(inspect.signature(Pages)) == "(first, last)"
    assert Pages(1, last=2) == Pages(first=1, last=2)
    with pytest.raises(TypeError, match="'last'"):
        Pages(1)


def test_the_constructor_knows_the_class() -> None:
    class Thermometer(Gauge):
        LIMIT = 40.0

    assert Thermometer().limit == 40.0
    with pytest.raises(AttributeError, match="LIMIT"):
        Gauge()


def test_a_class_method_makes_what_it_is_called_on() -> None:
    assert type(Ink.from_hex("#010203")) is Ink
    assert type(Ink.grey(3)) is Colour
    assert Colour.from_hex("#0a0b0c") == Colour(10, 11, 12)
    with pytest.raises(ValueError, match="`red` is not a colour"):
        Colour.from_hex("red")


def test_a_subclass_with_other_arguments_overrides_the_class_method() -> None:
    class Paint(Colour):
        def __new__(cls, name: str) -> Paint:  # noqa: PYI034  `Self` needs Python 3.11
            return super().__new__(cls, 1, 2, 3)

        def __init__(self, name: str) -> None:
            self.name = name

    assert (Paint("red").name, Paint("red").green) == ("red", 2)
    with pytest.raises(TypeError, match="takes 2 positional arguments but 4 were given"):
        Paint.from_hex("#010203")


def test_a_newtype_checks_an_argument() -> None:
    assert construction.discounted(100, 25) == 75.0
    with pytest.raises(ValueError, match="a percentage is from 0 to 100, not 125") as caught:
        construction.discounted(100, 125)
    if hasattr(caught.value, "add_note"):
        assert caught.value.__notes__ == ["while processing 'discount'"]
    with pytest.raises(ValueError, match="not NaN"):
        construction.discounted(100, float("nan"))


def test_a_class_is_checked_once_and_takes_no_text() -> None:
    isbn = Isbn("978-3-16-148410-0")
    assert (str(isbn), isbn == Isbn("9783161484100")) == ("9783161484100", True)
    assert construction.copies_on_loan([isbn, isbn], isbn) == 2
    with pytest.raises(TypeError, match="'str' object is not an instance of 'Isbn'"):
        construction.copies_on_loan(["9783161484100"], isbn)
    with pytest.raises(ValueError, match="`978` is not an ISBN"):
        Isbn("978")


def test_a_constructor_returns_an_object_that_exists() -> None:
    assert Unit("m") is Unit("m")
    assert Unit("m") is not Unit("s")


def test_init_runs_after_new_and_may_run_again() -> None:
    hike = Hike(3, "brown")
    assert (hike.kilometres, hike.boots) == (3, "brown")
    hike.__init__(4, "black")
    assert (hike.kilometres, Journey.__new__(Journey).kilometres) == (4, 0)
    with pytest.raises(TypeError, match=r"Journey\.__init__"):
        Journey()


def test_a_subclass_may_forget_init() -> None:
    class Idle(Journey):
        def __init__(self, boots: str) -> None:
            self.boots = boots

    assert Idle("brown").kilometres == 0


def test_new_sees_the_arguments_of_a_subclass() -> None:
    class Named(Colour):
        def __init__(self, red: int, green: int, blue: int, name: str) -> None:
            self.name = name

    with pytest.raises(TypeError, match=r"Colour.__new__\(\) takes 3 positional arguments but 4 were given"):
        Named(1, 2, 3, "ink")


def test_python_calls_init_for_an_old_object_too() -> None:
    calls = []

    class Once:
        made = None

        def __new__(cls) -> Once:  # noqa: PYI034  `Self` needs Python 3.11
            cls.made = cls.made or super().__new__(cls)
            return cls.made

        def __init__(self) -> None:
            calls.append(self)

    assert Once() is Once()
    assert len(calls) == 2


def test_only_rust_makes_a_receipt() -> None:
    receipt = construction.sell("pen", 120)
    assert receipt.cents == 120
    with pytest.raises(TypeError, match=r"cannot create '.*Receipt' instances"):
        construction.Receipt()
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Own", (construction.Receipt,), {})
    with pytest.raises(TypeError, match="is not safe"):
        object.__new__(construction.Receipt)
    with pytest.raises(TypeError, match="cannot pickle"):
        copy.copy(receipt)
