"""Two libraries with one class: what differs, and what they can share."""

from __future__ import annotations

import weakref
from datetime import datetime_CAPI  # type: ignore[attr-defined]
from typing import TYPE_CHECKING

import pytest
from classes_snippets._core import garbage_collection
from classes_snippets._core import several_extensions as owner
from classes_snippets.walks import Walk

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def user(second_copy: ModuleType) -> ModuleType:
    """Return the module of the extension that does not own the class."""
    return second_copy.several_extensions


def test_one_class_in_two_libraries_is_two_types(user: ModuleType) -> None:
    walk = Walk("Ridge", [800.0, 1200.0])
    assert user.Walk is not Walk
    assert (user.Walk.__module__, user.Walk.__qualname__) == (Walk.__module__, Walk.__qualname__)
    assert owner.is_walk(walk)
    assert not user.is_walk(walk)
    with pytest.raises(TypeError, match="'Walk' object is not an instance of 'Walk'"):
        user.highest_of(walk)


def test_each_library_has_its_own_statics(user: ModuleType) -> None:
    assert owner.next_number() == user.next_number() == 0
    assert owner.next_number() == 1
    assert user.next_number() == 1


def test_each_library_has_its_own_panic_exception(user: ModuleType) -> None:
    kinds = []
    for module in (owner, user):
        with pytest.raises(BaseException, match="a bug") as raised:
            module.panic()
        kinds.append(raised.type)
    assert kinds[0] is not kinds[1]
    assert {(kind.__module__, kind.__name__) for kind in kinds} == {("pyo3_runtime", "PanicException")}


def test_each_library_releases_what_it_dropped_itself(user: ModuleType) -> None:
    class Owner:
        pass

    held = Owner()
    gone = weakref.ref(held)
    garbage_collection.discard(held)
    del held
    user.next_number()
    assert gone() is not None
    owner.next_number()
    assert gone() is None


def test_attributes_cross(user: ModuleType) -> None:
    walk = Walk("Ridge", [800.0, 1200.0, 900.0, 1000.0])
    assert user.ascent(walk) == 500.0
    back = user.reversed(walk)
    assert type(back) is Walk
    assert (back.name, back.heights) == ("Ridge", [1000.0, 900.0, 1200.0, 800.0])


def test_a_capsule_crosses_and_keeps_what_it_points_to(user: ModuleType) -> None:
    walk = Walk("Ridge", [800.0, 1200.0, 900.0])
    assert user.highest(walk) == 1200.0

    class Sent:
        def __init__(self) -> None:
            self.capsule = Walk("Gone by now", [1.0, 2.0]).__walk_heights__()

        def __walk_heights__(self) -> object:
            return self.capsule

    assert user.highest(Sent()) == 2.0
    assert user.highest(Walk("Empty", [])) is None


def test_what_is_no_such_capsule_is_refused(user: ModuleType) -> None:
    class Lost:
        def __walk_heights__(self) -> object:
            return datetime_CAPI

    with pytest.raises(ValueError, match="incorrect name"):
        user.highest(Lost())
    with pytest.raises(ValueError, match="heights of version 2; 1 is supported"):
        user.highest(owner.FutureWalk())
    with pytest.raises(AttributeError, match="__walk_heights__"):
        user.highest("a walk")
