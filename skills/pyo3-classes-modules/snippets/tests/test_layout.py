"""What objects consist of, and what the options of a class add."""

import gc
import sys
import weakref

import pytest
from classes_snippets._core import layout

BASE = sys.getsizeof(layout.Empty())


class Child(layout.Base):
    pass


class SlotsChild(layout.Base):
    __slots__ = ()


@pytest.mark.skipif(sys.implementation.name != "cpython" or sys.maxsize < 2**32, reason="64-bit CPython's layout")
@pytest.mark.parametrize(
    ("point", "size"),
    [
        (layout.Frozen(1, 2), 16),
        (layout.Base(1, 2), 16),
        (SlotsChild(1, 2), 16),
        (layout.Pooled(1, 2), 16),
        (layout.Atomic(1, 2), 16),
        (layout.Mutable(1, 2), 24),
        (layout.Locked(1, 2), 24),
        (layout.Weak(1, 2), 24),
        (layout.WithDict(1, 2), 24),
        (layout.Unsendable(1, 2), 32),
        (layout.LockedMixed(1, True), 24),
        (layout.Mixed(True, 3, False), 16),
        (layout.Text("x"), 24),
        (layout.Shared("x"), 8),
    ],
    ids=lambda value: type(value).__name__,
)
def test_bytes_beside_the_headers(point: object, size: int) -> None:
    assert sys.getsizeof(point) - BASE == size


def test_the_headers_are_those_of_python_and_the_collector() -> None:
    assert layout.Empty.__basicsize__ == object.__basicsize__
    assert BASE - layout.Empty.__basicsize__ == sys.getsizeof([]) - list.__basicsize__


def test_a_subclass_in_python_has_a_dict_unless_it_declines() -> None:
    child = Child(1, 2)
    child.colour = "red"
    assert child.__dict__ == {"colour": "red"}
    with pytest.raises(AttributeError):
        SlotsChild(1, 2).colour = "red"


def test_options_allow_what_they_say() -> None:
    point = layout.WithDict(1, 2)
    point.colour = "red"
    assert point.__dict__ == {"colour": "red"}
    weak = layout.Weak(1, 2)
    assert weakref.ref(weak)() is weak
    with pytest.raises(TypeError, match="cannot create weak reference"):
        weakref.ref(layout.Frozen(1, 2))


def test_the_dictionary_is_made_at_once_or_when_it_is_asked_for() -> None:
    point = layout.WithDict(1, 2)
    at_once = (3, 11) <= sys.version_info < (3, 13)
    assert ({} in gc.get_referents(point)) == at_once
    assert point.__dict__ == {}
    assert {} in gc.get_referents(point)


def test_the_text_of_a_field_is_not_counted() -> None:
    assert sys.getsizeof(layout.Text("x" * 1000)) == sys.getsizeof(layout.Text("x"))


def test_a_free_list_gives_the_memory_of_the_last_object_again() -> None:
    point = layout.Pooled(1, 2)
    place = id(point)
    del point
    assert id(layout.Pooled(3, 4)) == place


def test_the_measured_classes_do_what_they_say() -> None:
    for kind in (layout.Frozen, layout.Mutable, layout.Locked, layout.Atomic):
        assert kind(3, 4).norm() == 5.0
    point = layout.Frozen(3, 4)
    assert (len(point), list(point), (point + point).x, point.area) == (2, [3.0, 4.0], 6.0, 12.0)
    assert point.scaled(2.0) == layout.Frozen(6, 8)
    changed = layout.Mutable(1, 2)
    changed.double()
    assert (changed.x, changed.y) == (2.0, 4.0)
