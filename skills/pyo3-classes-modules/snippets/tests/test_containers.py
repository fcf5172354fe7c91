"""What passes for a sequence and a mapping, indices and slices, and what registration promises."""

import bisect
import ctypes
from collections import abc
from collections.abc import Callable

import pytest
from classes_snippets._core import containers

API = ctypes.pythonapi
API.PySequence_GetItem.restype = ctypes.py_object
API.PySequence_GetItem.argtypes = [ctypes.py_object, ctypes.c_ssize_t]
Cells, Sheet = containers.Cells, containers.Sheet
Ladder, Stairs = containers.Ladder, containers.Stairs
Glossary, Playlist = containers.Glossary, containers.Playlist


def glossary() -> Glossary:
    terms = Glossary()
    terms["reef"], terms["knot"] = "make a sail smaller", "a sea mile an hour"
    return terms


def kind(value: object) -> str:
    match value:
        case [first, *rest]:
            return f"{first} and {len(rest)} more"
        case {"knot": meaning}:
            return str(meaning)
    return "neither"


@pytest.mark.parametrize(
    ("value", "sequence", "mapping"),
    [(Ladder(), 1, 1), (Cells(), 0, 1), (Stairs(2), 1, 1), (Sheet(), 1, 1)],
    ids=lambda value: type(value).__name__,
)
def test_which_slots_an_option_fills(value: object, sequence: int, mapping: int) -> None:
    value = ctypes.py_object(value)
    assert (API.PySequence_Check(value), API.PyMapping_Check(value)) == (sequence, mapping)


def test_only_a_sequence_has_a_length_for_c() -> None:
    assert bisect.bisect(Playlist(["a", "b", "c"]), "b") == 2
    with pytest.raises(TypeError, match="Stairs is not a sequence"):
        bisect.bisect(Stairs(3), "step 1")
    with pytest.raises(TypeError, match="Stairs is not a sequence"):
        reversed(Stairs(3))
    with pytest.raises(TypeError, match="not reversible"):
        reversed(Cells())
    assert list(reversed(Ladder())) == [2, 1, 0]


def test_an_index_counts_from_the_end_and_a_slice_is_of_the_same_class() -> None:
    titles = Playlist(["a", "b", "c", "d"])
    assert (titles[-1], titles[True], titles.__getitem__(-4)) == ("d", "b", "a")
    assert list(titles[::-2]) == ["d", "b"]
    assert type(titles[5:]) is Playlist
    for index in (4, -5):
        with pytest.raises(IndexError):
            titles[index]
    with pytest.raises(TypeError, match="'str' object cannot be interpreted as an integer"):
        titles["a"]
    with pytest.raises(OverflowError):
        titles[10**30]


def test_the_length_is_added_twice_where_c_adds_it() -> None:
    titles = Playlist(["a", "b", "c", "d"])
    with pytest.raises(IndexError):
        titles[-5]
    assert API.PySequence_GetItem(titles, -5) == "d"


def test_an_index_may_run_python_code_that_uses_the_playlist() -> None:
    titles = Playlist(["a", "b", "c"])

    class Last:
        def __index__(self) -> int:
            return len(titles) - 1

    assert titles[Last()] == "c"
    del titles[Last() :]
    titles[Last()] = "z"
    assert list(titles) == ["a", "z"]


def test_items_are_replaced_and_deleted() -> None:
    titles = Playlist(["a", "b", "c", "d", "e"])
    del titles[::2]
    assert list(titles) == ["b", "d"]
    titles[-1] = "z"
    del titles[0]
    titles.insert(-9, "first")
    assert list(titles) == ["first", "z"]
    with pytest.raises(IndexError):
        del titles[2]


def test_registration_makes_patterns_match_and_lends_methods() -> None:
    titles = Playlist(["a", "b"])
    titles.append("c")
    assert kind(titles) == "a and 2 more"
    assert (titles.index("c"), titles.pop(), list(reversed(titles))) == (2, "c", ["b", "a"])
    assert kind(glossary()) == "a sea mile an hour"
    assert kind(Stairs(2)) == kind(Sheet()) == "neither"
    assert isinstance(titles, abc.MutableSequence)
    assert abc.MutableSequence not in Playlist.__mro__


def test_registration_checks_nothing() -> None:
    class Empty:
        pass

    abc.Sequence.register(Empty)
    assert isinstance(Empty(), abc.Sequence)
    with pytest.raises(TypeError, match="has no len"):
        kind(Empty())
    assert not hasattr(Playlist, "clear")


def test_a_python_subclass_of_both_has_all_methods() -> None:
    class Mix(Playlist, abc.MutableSequence):
        pass

    mix = Mix(["a", "b"])
    mix.reverse()
    assert (list(mix), mix.count("a"), kind(mix)) == (["b", "a"], 1, "b and 1 more")
    assert type(mix[:1]) is Playlist
    mix.clear()
    assert len(mix) == 0


def test_a_mapping_gets_its_views_from_python() -> None:
    terms = glossary()
    assert dict(terms) == {**terms} == {"knot": "a sea mile an hour", "reef": "make a sail smaller"}
    assert terms.keys() & {"knot", "tide"} == {"knot"}
    assert terms == dict(terms.items())
    assert isinstance(terms.keys(), abc.KeysView)
    assert (terms.get("tide", "?"), "knot" in terms, 3 in terms) == ("?", True, False)
    del terms["knot"]
    assert list(terms) == ["reef"]
    with pytest.raises(KeyError, match="knot"):
        del terms["knot"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(terms)
    with pytest.raises(TypeError, match="not reversible"):
        reversed(terms)


def test_terms_can_be_added_during_iteration() -> None:
    terms = glossary()
    left = iter(terms)
    assert next(left) == "knot"
    terms["lee"], terms["aft"] = "away from the wind", "towards the stern"
    del terms["reef"]
    assert list(left) == ["lee"]


@pytest.mark.parametrize("use", [list, lambda sheet: "A1" in sheet, containers.total])
def test_without_mapping_a_mapping_is_read_by_number(use: Callable[[Sheet], object]) -> None:
    with pytest.raises(TypeError, match="'int' object is not an instance of 'str'"):
        use(Sheet())


def test_a_mapping_is_refused_where_a_vec_is_wanted() -> None:
    with pytest.raises(TypeError, match="'Glossary' object is not an instance of 'Sequence'"):
        containers.total(glossary())


def test_get_item_alone_is_iterable() -> None:
    assert list(Stairs(2)) == ["step 0", "step 1"]
    assert not hasattr(Stairs, "__iter__")
    assert not isinstance(Stairs(2), abc.Iterable)
    assert "step 9" in Stairs(2)
    with pytest.raises(TypeError, match="'int' object is not an instance of 'str'"):
        assert 3 in Stairs(2)


def test_with_mapping_nothing_is_read_by_number() -> None:
    with pytest.raises(TypeError, match=r"'builtins\.Cells' object is not iterable"):
        list(Cells())
    with pytest.raises(TypeError, match="iterable"):
        assert "A1" in Cells()
    assert (list(Ladder()), 2 in Ladder()) == ([0, 1, 2], True)


def test_dict_asks_for_keys() -> None:
    with pytest.raises(TypeError):
        dict(Sheet())
    assert not hasattr(Sheet, "keys")


def test_a_pattern_with_a_key_asks_get() -> None:
    class Ledger:
        def __len__(self) -> int:
            return 1

    abc.Mapping.register(Ledger)
    with pytest.raises(AttributeError, match="get"):
        kind(Ledger())


def test_an_equality_from_outside_takes_no_hash_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stairs, "__eq__", lambda stairs, other: len(stairs) == len(other))
    assert Stairs(2) == Stairs(2)
    assert isinstance(hash(Stairs(2)), int)


def test_python_subclasses_inherit_the_flag() -> None:
    class Album(Playlist):
        pass

    assert kind(Album(["a"])) == "a and 0 more"
